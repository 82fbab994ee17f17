"""The server as processes: find it, start it, adopt it, stop it.

What stands in postmaster.pid is only a hint: after a crash or in a restarted container its number may be another
process's, or a zombie's. A process is ours when it is called postgres and works in our cluster's directory.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from shared_base.core.i18n import N_
from shared_base.core.postgres.binaries import Binaries, find_binaries, reachable_binaries
from shared_base.core.postgres.cluster import check_version, configure, make_cluster, reset_superuser
from shared_base.core.postgres.diagnosis import LOG_LINES, cannot_start
from shared_base.core.postgres.errors import CannotStart
from shared_base.core.postgres.home import Home, clear_socket_dir, ready_directories
from shared_base.core.postgres.locks import SERVER_LOCK, is_free, opened_lock, used_elsewhere

#: seconds: replaying the log of a long busy day after a crash
LONGEST_RECOVERY = 600.0
LONGEST_STOP = 60.0
LONGEST_ABORT = 10.0
#: seconds that backends of a killed server get to notice by themselves; killing them is as good as the crash was
LONGEST_ORPHANHOOD = 1.0
#: seconds from a starter's death until the server it was starting shows itself
LONGEST_HANDOVER = 5.0


@dataclass(frozen=True)
class Postmaster:
    """The living server of a cluster."""

    pid: int
    ready: bool


def postmaster_of(home: Home) -> Postmaster | None:
    """The server that works in this cluster now, also while it still starts or already stops, or None."""
    try:
        lines = (home.cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        pid = abs(int(lines[0]))
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if not _serves(pid, home):
        return None
    return Postmaster(pid, ready=len(lines) > 7 and lines[7].strip() == "ready")


def bring_up(home: Home) -> None:
    """Have the server accept connections: adopt the one that runs, or start it, on a cluster made when missing.

    The caller holds the start lock. A server whose socket was swept away cannot be reached: it is started anew.
    """
    server = postmaster_of(home)
    if server and not server.ready:
        server = _settled(home)
    if server and home.socket.is_socket():
        return
    if server:
        stop(home)
    ready_directories(home)
    binaries = reachable_binaries(find_binaries(), home.account, home.path)
    if not home.exists:
        make_cluster(home, binaries)
    check_version(home, binaries)
    _launch(home, binaries)


def stop(home: Home) -> None:
    """End the server and every process of its: in order, then at once, then by force. Nothing committed is lost."""
    for sign, patience in ((signal.SIGINT, LONGEST_STOP), (signal.SIGQUIT, LONGEST_ABORT)):
        if server := postmaster_of(home):
            _send(sign, [server.pid])
            _wait(partial(_ended, server, home), patience)
    _send(signal.SIGKILL, _processes_of(home))
    with opened_lock(home.data_dir / SERVER_LOCK) as lock:
        if is_free(lock):  # a server in another container may be using it
            clear_socket_dir(home)


def renew_superuser(home: Home) -> None:
    """Set the superuser's password to the one we hold; afterwards the server is down."""
    stop(home)
    reset_superuser(home, reachable_binaries(find_binaries(), home.account, home.path))


def log_tail(home: Home, lines: int = LOG_LINES) -> str:
    """The last lines the server wrote: of its start, then of its running log."""
    parts = [home.startup_log, *_running_logs(home)[-1:]]
    return "\n".join("".join(_read(path) for path in parts).splitlines()[-lines:])


def _settled(home: Home) -> Postmaster | None:
    """Wait for a server that starts (somebody killed who started it) or stops; None when it is gone."""

    def settled() -> bool:
        server = postmaster_of(home)
        return server is None or server.ready

    if not _wait(settled, LONGEST_RECOVERY):
        raise CannotStart(
            N_("PostgreSQL in %(path)s is still recovering after %(minutes)s minutes: wait, then try again.\n%(log)s"),
            path=home.path,
            minutes=round(LONGEST_RECOVERY / 60),
            log=log_tail(home),
        )
    return postmaster_of(home)


def _launch(home: Home, binaries: Binaries) -> None:
    _end_orphans(home)
    with opened_lock(home.data_dir / SERVER_LOCK) as lock:
        # A starter that was killed leaves its pg_ctl behind: that one's server may still come up.
        _wait(lambda: is_free(lock) or postmaster_of(home) is not None, LONGEST_HANDOVER)
        if postmaster_of(home) and _settled(home):
            return
        if not is_free(lock):
            raise used_elsewhere(home.data_dir)
        _clear_stale_locks(home)
        configure(home)
        home.startup_log.unlink(missing_ok=True)
        before = {path: path.stat().st_size for path in _running_logs(home)}
        started = home.account.run(
            [
                binaries.path("pg_ctl"),
                "start",
                "--silent",
                "--wait",
                f"--timeout={LONGEST_RECOVERY:.0f}",
                f"--pgdata={home.cluster}",
                f"--log={home.startup_log}",
            ],
            inherits=[lock.fileno()],
        )
    if started.returncode != 0:
        logged = [_read(path, before.get(path, 0)) for path in _running_logs(home)]
        raise cannot_start(home, "\n".join([started.stdout, _read(home.startup_log), *logged]))


def _running_logs(home: Home) -> list[Path]:
    """The rotated logs, the one last written to at the end."""
    return sorted(home.log_dir.glob("postgresql-*.log"), key=lambda path: path.stat().st_mtime)


def _read(path: Path, start: int = 0) -> str:
    """A log from a byte on, or from its beginning when it was begun anew since."""
    try:
        written = path.read_bytes()
    except FileNotFoundError:
        return ""
    return written[start if start <= len(written) else 0 :].decode("utf-8", "replace")


def _end_orphans(home: Home) -> None:
    """End the backends of a killed server: one in mid-query outlives it, and PostgreSQL refuses to start beside it."""

    def gone() -> bool:
        return not _processes_of(home)

    if not _wait(gone, LONGEST_ORPHANHOOD):
        _send(signal.SIGKILL, _processes_of(home))
        _wait(gone, LONGEST_ORPHANHOOD)


def _clear_stale_locks(home: Home) -> None:
    """Remove the lock files of a server that lives no more.

    PostgreSQL refuses to start while the number in them is any process of its account, be it the killed server
    itself, a zombie until somebody asks for its status.
    """
    for stale in (home.cluster / "postmaster.pid", home.socket.with_name(f"{home.socket.name}.lock")):
        stale.unlink(missing_ok=True)


def _ended(server: Postmaster, home: Home) -> bool:
    return not _serves(server.pid, home)


def _serves(pid: int, home: Home) -> bool:
    """Whether a living process is a PostgreSQL at work in this cluster; a zombie has no working directory."""
    if sys.platform == "darwin":
        told = home.account.run(["/bin/ps", "-o", "command=", "-p", str(pid)])
        return told.returncode == 0 and "postgres" in told.stdout
    try:
        process = Path("/proc", str(pid))
        return (process / "comm").read_text().strip() == "postgres" and (process / "cwd").samefile(home.cluster)
    except (FileNotFoundError, ProcessLookupError):
        return False
    except PermissionError:
        # Root in a container may not look at another account's processes; that account itself may.
        return pid in _processes_of(home)


def _processes_of(home: Home) -> list[int]:
    """Every living process of this cluster: the server, its backends, orphans of a killed one."""
    if sys.platform == "darwin":
        server = postmaster_of(home)
        return [server.pid] if server else []
    script = """
        for p in /proc/[0-9]*; do
            if read -r name < "$p/comm" && test "$name" = postgres && test "$p/cwd" -ef "$1"; then
                echo "${p#/proc/}"
            fi
        done 2>/dev/null
    """
    told = home.account.run(["/bin/sh", "-c", script, "sh", home.cluster])
    return [int(line) for line in told.stdout.split()]


def _send(sign: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, sign)


def _wait(until: Callable[[], bool], seconds: float) -> bool:
    """Look every 20 ms until it is so; False when it has not come in time."""
    deadline = time.monotonic() + seconds
    while not until():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
