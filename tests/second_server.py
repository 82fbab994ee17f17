"""Run tests against an ordinary PostgreSQL: not the embedded one, reached over TCP with a password.

    .venv/bin/python -m tests.second_server [arguments of pytest]

The server is made from the programs that `make setup` installed, the way a distribution makes it: initdb's own
configuration, a port of the loopback interface, scram. It works in a directory of its own, as an unprivileged
account when we are root, and is ended with the tests. Exit status: pytest's.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from shared_base.core.postgres.account import Account, server_account
from shared_base.core.postgres.binaries import Binaries, find_binaries, reachable_binaries

#: what every caller of the product goes through, and what the schema promises
PART = ("-q", "tests/integration/bookings", "tests/api", "tests/architecture/test_schema.py")
PATIENCE = 30.0  # seconds until it accepts connections, or has ended


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def ordinary_server(folder: Path) -> Iterator[str]:
    """A server in `folder`; its superuser's URL. Gone when the block ends."""
    account = server_account(folder / "cluster")
    folder.chmod(0o755)  # what the account runs may be copied here
    binaries = reachable_binaries(find_binaries(), account, folder)
    password = secrets.token_hex(16)
    home = folder / "home"
    home.mkdir(mode=0o700)
    account.give(home)
    _make_cluster(home, password, account, binaries)
    port = free_port()
    process = _start(home, port, account, binaries)
    try:
        url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        _wait_until_it_answers(url, process)
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        process.wait(PATIENCE)


def _make_cluster(home: Path, password: str, account: Account, binaries: Binaries) -> None:
    secret = home / "password"
    secret.write_text(password, encoding="ascii")
    account.give(secret)
    made = account.run(
        [
            binaries.path("initdb"), f"--pgdata={home / 'cluster'}", "--username=postgres", f"--pwfile={secret}",
            "--auth=scram-sha-256", "--encoding=UTF8",
        ]
    )  # fmt: skip
    if made.returncode != 0:
        sys.exit(f"initdb failed:\n{made.stdout}")


def _start(home: Path, port: int, account: Account, binaries: Binaries) -> subprocess.Popen[bytes]:
    switch: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.switched else {}
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "logging_collector": "on"}
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return subprocess.Popen(
        [binaries.path("postgres"), "-D", home / "cluster", *settings],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
        **switch,
    )


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the second server did not start: {error}")
            time.sleep(0.1)


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with (
        tempfile.TemporaryDirectory(prefix="shared-base-second-", ignore_cleanup_errors=True) as folder,
        ordinary_server(Path(folder)) as url,
    ):
        print(f"==> an ordinary PostgreSQL at {url.rpartition('@')[2]}", flush=True)
        tests = subprocess.run(
            [sys.executable, "-m", "pytest", *(arguments or PART)],
            env={**os.environ, "TEST_SUPERUSER_URL": url},
            stdin=subprocess.DEVNULL,
            check=False,
        )
    return tests.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
