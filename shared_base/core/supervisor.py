"""Runs a few long-lived child processes as one: started in order, restarted when they die, ended together.

Each child leads a process group of its own, so Ctrl-C in the terminal reaches the supervisor alone and every child
is asked to end exactly once. A child's own workers belong to its group and go with it.

If the supervisor itself is killed (`kill -9`) nobody is left to ask: on Linux the kernel then sends each child
SIGTERM (PR_SET_PDEATHSIG). That is set by this very file run as a script, in the child's own process before it
becomes the program: code between fork and exec of a threaded process could deadlock. Elsewhere than on Linux children
of a killed supervisor stay, and a new one finds their port taken.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

#: seconds from being asked to end until being killed
GRACE = 10.0
#: seconds before the first restart; doubled each time up to the longest
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
#: seconds a child has to live for its death to count as a first one again
STEADY = 60.0
#: deaths in a row, before it was ever ready, after which a child is given up
ATTEMPTS = 4
#: seconds between two looks; a signal or a child's death is noticed at once
LOOK = 0.25

PR_SET_PDEATHSIG = 1
SIGNAL_NAMES = {sign.value: sign.name for sign in signal.Signals}


@dataclass(frozen=True)
class Child:
    """A program to keep running. `env` is its whole environment; None inherits ours.

    `ready` is asked until it says yes before the next child is started; None counts as ready once started.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    ready: Callable[[], bool] | None = None


@dataclass
class _Life:
    """One child's present process and its record."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    due: float = 0.0
    was_ready: bool = False

    @property
    def running(self) -> bool:
        return self.process is not None


@dataclass
class Supervisor:
    """Keeps its children running until it is asked to end.

    `on_ready` is called once, when the last child is ready for the first time. `say` prints one line about a child.
    """

    children: Sequence[Child]
    on_ready: Callable[[], None] = lambda: None
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)
    grace: float = GRACE
    _lives: list[_Life] = field(default_factory=list, init=False)
    _asked: int = field(default=0, init=False)
    _wakes: int = field(default=-1, init=False)

    def run(self) -> int:
        """Run until SIGINT, SIGTERM or SIGHUP (then 0), or until a child never comes up (then 1). Main thread only.

        When it returns or raises, no child and no process of a child's group is left. A second signal ends them at
        once.
        """
        self._lives = [_Life(child) for child in self.children]
        with self._signals():
            try:
                return self._watch()
            finally:
                self._end_all()

    def _watch(self) -> int:
        announced = False
        while not self._asked:
            for life in self._lives:
                self._reap(life)
                if not life.was_ready and life.deaths >= ATTEMPTS:
                    self.say(f"{life.child.name}  ended {ATTEMPTS} times before it was ready: giving up, see above")
                    return 1
                if not life.running and time.monotonic() >= life.due:
                    self._start(life)
                if not life.was_ready and not self._ready(life):
                    break  # the next child waits for this one
            else:
                if not announced:
                    announced = True
                    self.on_ready()
            self._sleep()
        return 0

    def _start(self, life: _Life) -> None:
        # -I -S: nothing of the environment or of site-packages runs before the program itself.
        launcher = [sys.executable, "-I", "-S", __file__, str(os.getpid())]
        life.started = time.monotonic()
        life.process = subprocess.Popen(
            [*launcher, *life.child.argv],
            env=None if life.child.env is None else dict(life.child.env),
            stdin=subprocess.DEVNULL,
            process_group=0,
        )

    def _ready(self, life: _Life) -> bool:
        life.was_ready = life.running and (life.child.ready is None or life.child.ready())
        return life.was_ready

    def _reap(self, life: _Life) -> None:
        """Note a death: clear its group (workers of a killed master hold its port) and set the time to start again."""
        process = life.process
        if process is None or process.poll() is None:
            return
        _signal_group(process.pid, signal.SIGKILL)
        life.process = None
        now = time.monotonic()
        life.deaths = 1 if life.was_ready and now - life.started >= STEADY else life.deaths + 1
        pause = min(FIRST_PAUSE * 2 ** (life.deaths - 1), LONGEST_PAUSE)
        life.due = now + pause
        self.say(f"{life.child.name}  {_how(process.returncode)}; starting it again in {pause:g} s")

    def _end_all(self) -> None:
        """Ask every child at once, wait, then kill what is left, group by group."""
        processes = [life.process for life in self._lives if life.process is not None]
        for process in processes:
            if process.poll() is None:
                # SIGTERM whatever reached us: it is what servers finish their requests on.
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        while any(process.poll() is None for process in processes):
            if time.monotonic() > deadline or self._asked > 1:
                break
            self._sleep()
        for process in processes:
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        for life in self._lives:
            life.process = None

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Count requests to end; a pipe wakes the waiting loop at once for those and for a child's death."""

        def ask(number: int, frame: FrameType | None) -> None:
            self._asked += 1

        def wake(number: int, frame: FrameType | None) -> None:
            """The byte that Python writes into the pipe is all that is wanted."""

        handlers = {signal.SIGINT: ask, signal.SIGTERM: ask, signal.SIGHUP: ask, signal.SIGCHLD: wake}
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            del handlers[signal.SIGHUP]  # nohup means that the terminal may close
        self._wakes, writer = os.pipe()
        for end in (self._wakes, writer):
            os.set_blocking(end, False)
        before = {sign: signal.signal(sign, handler) for sign, handler in handlers.items()}
        woke = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(woke)
            for sign, handler in before.items():
                signal.signal(sign, handler or signal.SIG_DFL)
            os.close(self._wakes)
            os.close(writer)

    def _sleep(self) -> None:
        """Until something happens, at most one look's time."""
        select.select([self._wakes], [], [], LOOK)
        with suppress(BlockingIOError):
            while os.read(self._wakes, 512):
                pass


def _signal_group(leader: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # the group is empty; macOS says so for zombies
        os.killpg(leader, sign)


def _how(returncode: int) -> str:
    if returncode < 0:
        return f"was killed by {SIGNAL_NAMES.get(-returncode, f'signal {-returncode}')}"
    return f"ended with status {returncode}"


def _become(supervisor: int, argv: list[str]) -> None:
    """In the child's process: tie it to the supervisor's life, then become the program."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
    if os.getppid() != supervisor:  # it died before we could tie ourselves to it
        sys.exit(0)
    for sign in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores these, and a program inherits what is ignored
        signal.signal(sign, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is what is wanted
    except OSError as error:
        sys.exit(f"{argv[0]}: {error.strerror}")


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
