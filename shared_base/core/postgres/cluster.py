"""The cluster on disk: made once, configured at every start."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from shared_base.core.i18n import N_
from shared_base.core.postgres.account import LOCALE
from shared_base.core.postgres.binaries import Binaries
from shared_base.core.postgres.diagnosis import cannot_start
from shared_base.core.postgres.errors import CannotStart
from shared_base.core.postgres.home import Home
from shared_base.core.postgres.passwords import write_whole

#: Durability first: an acknowledged booking survives the loss of power. Then speed on an ordinary machine.
#: ALTER SYSTEM overrides any of it; `refuse_unsafe` watches the first four.
SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "password_encryption": "scram-sha-256",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    # Parallel queries share memory from here, not from /dev/shm, of which a container has 64 MB.
    "min_dynamic_shared_memory": "64MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "on",
    # A week of logs: each weekday's file is overwritten a week later.
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_lock_waits": "on",
    "log_min_duration_statement": "1s",
    # Bound values are people's names and numbers: they stay out of the log.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def make_cluster(home: Home, binaries: Binaries) -> None:
    """initdb into a temporary directory, then one rename: killed half-way it leaves nothing to trip over."""
    if home.cluster.exists() and any(home.cluster.iterdir()):
        raise CannotStart(
            N_("%(path)s holds files, but no database cluster: move them away, or put back what is missing"),
            path=home.cluster,
        )
    for unfinished in home.path.glob("cluster.new-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    home.set_up_marker.unlink(missing_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix="cluster.new-", dir=home.path))
    try:
        home.account.give(temporary)
        password = temporary / "password"
        write_whole(password, home.passwords.postgres)
        home.account.give(password)
        made = home.account.run(
            [
                binaries.path("initdb"),
                f"--pgdata={temporary / 'cluster'}",
                "--username=postgres",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--data-checksums",
                "--encoding=UTF8",
                # Sorting that no upgrade of the C library changes under an index; Chinese characters count as letters.
                f"--locale={LOCALE}",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--lc-messages=C",
                "--no-instructions",
            ]
        )
        if made.returncode != 0:
            raise cannot_start(home, made.stdout)
        write_whole(temporary / "cluster" / "pg_hba.conf", "local all all scram-sha-256\n")
        home.account.give(temporary / "cluster" / "pg_hba.conf")
        (temporary / "cluster").rename(home.cluster)
        _keep_entries(home.path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_version(home: Home, binaries: Binaries) -> None:
    """Refuse a cluster of another major version: PostgreSQL does not read it, and must not try."""
    made_by = (home.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if made_by != str(binaries.major):
        raise CannotStart(
            N_(
                "The database in %(path)s was made by PostgreSQL %(made_by)s, and the programs in %(bindir)s are "
                "%(found)s: set PG_BINDIR to a PostgreSQL %(made_by)s, write a backup with it, and restore that here"
            ),
            path=home.cluster,
            made_by=made_by,
            bindir=binaries.bindir,
            found=binaries.version,
        )


def configure(home: Home) -> None:
    """Write postgresql.conf anew, so that a new release of ours brings its settings to an old cluster."""
    settings = SETTINGS | {
        "unix_socket_directories": str(home.socket_dir),
        "log_directory": str(home.log_dir),
    }
    lines = [f"{name} = '{_quoted(value)}'" for name, value in settings.items()]
    path = home.cluster / "postgresql.conf"
    write_whole(path, "\n".join(["# Written at every start. To tune the server use ALTER SYSTEM.", *lines, ""]))
    home.account.give(path)


def reset_superuser(home: Home, binaries: Binaries) -> None:
    """Set the superuser's password to the one we hold, in single-user mode; the server must be down.

    For a data directory whose password file was lost or restored from elsewhere: who owns the files owns the data.
    """
    password = home.passwords.postgres
    assert re.fullmatch(r"[\w-]+", password), "our passwords need no quoting"
    done = home.account.run(
        [binaries.path("postgres"), "--single", "-D", home.cluster, "postgres"],
        text=f"ALTER ROLE postgres PASSWORD '{password}'\n",
    )
    if done.returncode != 0:
        raise cannot_start(home, done.stdout)


def _keep_entries(directory: Path) -> None:
    """Have the names in a directory survive the loss of power, as the files' contents do."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _quoted(value: str) -> str:
    return value.replace("'", "''")
