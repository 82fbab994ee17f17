"""The supervisor, run as a process of its own over real children, and really killed."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

#: runs the children of its first argument (Python source of a list) and prints when all are ready
RUN = """
import os, sys
from pathlib import Path
from shared_base.core.supervisor import Child, Supervisor
folder = Path(sys.argv[2])
children = eval(sys.argv[1])
sys.exit(Supervisor(children, on_ready=lambda: print("ready", flush=True), grace=float(sys.argv[3])).run())
"""

#: writes its process id to a file, has a worker in its group, and ends with it on SIGTERM
SERVER = """
import os, signal, subprocess, sys, time
worker = subprocess.Popen(["sleep", "300"])
def end(number, frame):
    worker.kill()
    worker.wait()
    with open(sys.argv[1] + ".ended", "w") as file:
        file.write(signal.Signals(number).name)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
with open(sys.argv[1], "a") as file:
    print(os.getpid(), worker.pid, file=file)
while True:
    time.sleep(60)
"""

#: the same, but it will not end when asked
STUBBORN = SERVER.replace("signal.signal(signal.SIGTERM, end)", "signal.signal(signal.SIGTERM, signal.SIG_IGN)")


def server(name: str, source: str = SERVER) -> str:
    """A child as source: it is ready when it has written its process id."""
    argv = f"[sys.executable, '-c', {source!r}, str(folder / {name!r})]"
    return f"Child({name!r}, {argv}, ready=lambda: (folder / {name!r}).exists())"


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline, "waited 30 s for something that did not happen"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def pids(file: Path) -> list[int]:
    """The process ids a child and its worker wrote at each of its starts."""
    return [int(word) for word in file.read_text().split()]


class Running:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, children: str, grace: float) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, children, str(folder), str(grace)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until_ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def all_pids(self) -> list[int]:
        return [pid for file in self.folder.iterdir() if not file.suffix for pid in pids(file)]

    def ended(self) -> tuple[int, str]:
        """Its exit status and what it printed about its children."""
        said = self.process.communicate()[1]
        return self.process.returncode, said


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*children: str, grace: float = 10) -> Running:
        started.append(Running(tmp_path, f"[{', '.join(children)}]", grace))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.communicate()
        for pid in running.all_pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_children_start_in_order_each_after_the_one_before_is_ready(
    tmp_path: Path, supervise: Callable[..., Running]
) -> None:
    (tmp_path / "gate").mkdir()
    gated = server("web").replace("(folder / 'web').exists()", "(folder / 'gate' / 'open').exists()")
    running = supervise(gated, server("scheduler"))
    wait_for((tmp_path / "web").exists)
    assert not (tmp_path / "scheduler").exists()
    (tmp_path / "gate" / "open").touch()
    running.until_ready()
    assert (tmp_path / "scheduler").exists()
    (tmp_path / "gate" / "open").unlink()
    (tmp_path / "gate").rmdir()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_ends_every_child_and_exits_with_0(
    tmp_path: Path, supervise: Callable[..., Running], sign: signal.Signals
) -> None:
    running = supervise(server("web"), server("scheduler"))
    running.until_ready()
    running.process.send_signal(sign)
    assert running.ended() == (0, "")
    assert [(tmp_path / f"{name}.ended").read_text() for name in ("web", "scheduler")] == ["SIGTERM", "SIGTERM"]
    assert not any(alive(pid) for pid in running.all_pids())


def test_a_child_that_will_not_end_is_killed_with_its_workers(supervise: Callable[..., Running]) -> None:
    running = supervise(server("web", STUBBORN), server("scheduler"), grace=0.5)
    running.until_ready()
    running.process.send_signal(signal.SIGINT)
    assert running.ended() == (0, "")
    assert not any(alive(pid) for pid in running.all_pids())


def test_a_second_signal_does_not_wait(supervise: Callable[..., Running]) -> None:
    running = supervise(server("web", STUBBORN), grace=100_000)
    running.until_ready()
    for sign in (signal.SIGINT, signal.SIGTERM):  # two of one kind might arrive as one
        running.process.send_signal(sign)
    assert running.ended() == (0, "")
    assert not any(alive(pid) for pid in running.all_pids())


def test_a_child_that_is_killed_starts_again_and_its_old_workers_are_gone(
    tmp_path: Path, supervise: Callable[..., Running]
) -> None:
    running = supervise(server("web"), server("scheduler"))
    running.until_ready()
    web, worker = pids(tmp_path / "web")
    os.kill(web, signal.SIGKILL)
    wait_for(lambda: len(pids(tmp_path / "web")) == 4)
    assert not alive(worker), "it would hold the port"
    assert len(pids(tmp_path / "scheduler")) == 2, "the other child goes on"
    running.process.send_signal(signal.SIGTERM)
    status, said = running.ended()
    assert status == 0
    assert re.fullmatch(r"web  was killed by SIGKILL; starting it again in 0\.5 s\n", said)
    assert not any(alive(pid) for pid in running.all_pids())


def test_a_child_that_never_comes_up_is_given_up_and_the_others_end(
    tmp_path: Path, supervise: Callable[..., Running]
) -> None:
    running = supervise(server("web"), "Child('scheduler', ['/nowhere/scheduler'], ready=lambda: False)")
    status, said = running.ended()
    assert status == 1
    assert "/nowhere/scheduler: No such file or directory" in said
    pauses = [float(pause) for pause in re.findall(r"starting it again in ([\d.]+) s", said)]
    assert pauses == sorted(pauses)
    assert len(pauses) > 1
    assert "giving up" in said
    assert not any(alive(pid) for pid in running.all_pids())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_kill_9_of_the_supervisor_ends_the_children(tmp_path: Path, supervise: Callable[..., Running]) -> None:
    running = supervise(server("web"), server("scheduler"))
    running.until_ready()
    running.process.kill()
    wait_for(lambda: not any(alive(pid) for pid in running.all_pids()))
    assert (tmp_path / "web.ended").read_text() == "SIGTERM"


def test_a_child_gets_its_own_environment_and_default_signals(
    tmp_path: Path, supervise: Callable[..., Running]
) -> None:
    shown = "sh -c 'echo $SHARED_BASE_LOCALE; grep SigIgn /proc/self/status' > \"$1\"; exec sleep 300"
    child = (
        f"Child('web', ['/bin/sh', '-c', {shown!r}, 'sh', str(folder / 'shown.txt')], "
        "env={'PATH': os.environ['PATH'], 'SHARED_BASE_LOCALE': 'en'}, "
        "ready=lambda: 'SigIgn' in (folder / 'shown.txt').read_text() if (folder / 'shown.txt').exists() else False)"
    )
    running = supervise(child)
    running.until_ready()
    locale, ignored = (tmp_path / "shown.txt").read_text().splitlines()
    assert locale == "en"
    assert int(ignored.split()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0
