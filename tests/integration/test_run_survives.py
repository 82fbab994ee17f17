"""`shared-base run`: what was acknowledged survives `kill -9` of the web server and of PostgreSQL; Ctrl-C ends all."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest

from config.settings import Settings
from shared_base.core.actor import SYSTEM
from shared_base.core.database import make_engine, transaction
from shared_base.core.embedded_postgres import database
from shared_base.people import tokens
from tests.factories.catalogue import make_base, make_studios
from tests.factories.tenancy import make_tenant, make_user
from tests.live import free_port

START = datetime(2031, 3, 1, tzinfo=UTC)
STUDIOS = 8


def wait_for(what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


class Running:
    """`shared-base run` in a data directory of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "SHARED_BASE"))
        } | {"SHARED_BASE_DATA_DIR": str(folder), "PORT": str(self.port)}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shared_base.app", "run", "--no-demo"], env=self.environment, start_new_session=True
        )
        wait_for("ready", self.ready)

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "shared-base run ended by itself"
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, HTTPException):
            return False

    def descendants(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def kill(self, word: str) -> None:
        """`kill -9` every web process; or the database's first process."""
        if word == "postgres":
            pid = int(
                (Path(self.environment["SHARED_BASE_DATA_DIR"]) / "postgres/cluster/postmaster.pid")
                .read_text()
                .split()[0]
            )
            os.kill(pid, signal.SIGKILL)
            return
        for process in self.descendants():
            with suppress(psutil.NoSuchProcess):  # it ended meanwhile, or waits to be reaped
                if word in " ".join(process.cmdline()):
                    process.kill()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


@pytest.fixture
def running() -> Iterator[Running]:
    # not pytest's own folder: that is root's alone, and root's database server runs as somebody else
    with tempfile.TemporaryDirectory(prefix="shared-base-run-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        run = Running(Path(folder) / "data")
        run.start()
        yield run
        if run.process is not None and run.process.poll() is None:
            run.stop()


def prepared(run: Running) -> tuple[str, list[str]]:
    """A token and studios, made through the same database while it runs."""
    settings = Settings.from_environment(run.environment)
    with database(settings) as urls:
        engine = make_engine(urls.app)
        with transaction(engine, SYSTEM) as session:
            base = make_base(session)
            studios = [str(studio.id) for studio in make_studios(session, base, STUDIOS)]
            user = make_user(session, "tenant_owner", tenant=make_tenant(session, base))
            secret = tokens.create(session, user_id=user.id, name="load", at=datetime.now(UTC)).secret
        engine.dispose()
    return secret, studios


def booked(run: Running, token: str) -> set[str]:
    """Every booking there is, by the API."""
    found: set[str] = set()
    cursor = ""
    while True:
        query = f"?limit=200{f'&cursor={cursor}' if cursor else ''}"
        request = urllib.request.Request(
            f"{run.url}/api/v1/bookings{query}", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            page = json.load(answer)
        found |= {item["id"] for item in page["items"]}
        cursor = page["next_cursor"]
        if not cursor:
            return found


def test_every_acknowledged_booking_survives_killing_the_web_server_and_the_database(running: Running) -> None:
    token, studios = prepared(running)
    acknowledged: set[str] = set()
    stop = threading.Event()
    lock = threading.Lock()

    def load(studio: str) -> None:
        hour = 0
        while not stop.is_set():
            start = START + timedelta(hours=hour)
            hour += 1
            body = {"studio_id": studio, "start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
            request = urllib.request.Request(
                f"{running.url}/api/v1/bookings",
                json.dumps(body).encode(),
                {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
            )
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    if answer.status == 201:
                        with lock:
                            acknowledged.add(json.load(answer)["id"])
            except (OSError, HTTPException, ValueError):
                time.sleep(0.05)  # killed under us, or not up yet: it was not acknowledged

    threads = [threading.Thread(target=load, args=(studio,)) for studio in studios]
    for thread in threads:
        thread.start()
    for word in ("granian", "postgres", "granian", "postgres"):
        before = len(acknowledged)
        wait_for("some bookings", lambda before=before: len(acknowledged) > before + 20)  # type: ignore[misc]
        running.kill(word)
        wait_for(f"up again after kill -9 of {word}", running.ready)
    before = len(acknowledged)
    wait_for("bookings after the last kill", lambda: len(acknowledged) > before + 20)
    stop.set()
    for thread in threads:
        thread.join()
    assert len(acknowledged) > 100
    assert acknowledged - booked(running, token) == set()


def test_ctrl_c_leaves_no_process_and_a_second_start_keeps_the_data(running: Running) -> None:
    token, studios = prepared(running)
    body = {"studio_id": studios[0], "start": START.isoformat(), "end": (START + timedelta(hours=1)).isoformat()}
    request = urllib.request.Request(
        f"{running.url}/api/v1/bookings",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        one = json.load(answer)["id"]
    data = Path(running.environment["SHARED_BASE_DATA_DIR"])
    postmaster = psutil.Process(int((data / "postgres/cluster/postmaster.pid").read_text().split()[0]))
    family = [*running.descendants(), postmaster, *postmaster.children(recursive=True)]
    assert running.stop() == 0
    # a process whose parent has yet to note its end is a zombie: it runs no more
    assert [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    running.start()
    assert booked(running, token) == {one}
