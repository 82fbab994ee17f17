"""Where the server's files live, and the locks that say who uses it.

DATA_DIR/postgres/              the server's home: cluster/, log/, set-up; for root's server in a place that its
                                account cannot reach, a link to /var/lib/shared-base/<hash>
DATA_DIR/postgres-passwords.json
DATA_DIR/postgres.start.lock    held while starting, setting up or stopping: one at a time
DATA_DIR/postgres.users.lock    held shared by everyone who uses the server
/tmp/shared-base-<hash>/        the socket (mode 0700): short, because PostgreSQL stops at 107 bytes
"""

import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from config.settings import make_data_dir
from shared_base.core.i18n import N_
from shared_base.core.postgres.account import Account, server_account
from shared_base.core.postgres.errors import CannotStart
from shared_base.core.postgres.passwords import Passwords, passwords_of

ELSEWHERE = Path("/var/lib/shared-base")
SOCKETS = Path("/tmp")  # noqa: S108 - the directory below has a name that cannot be guessed, and is checked for its owner
PORT = 5432  # part of the socket's name; nothing listens on the network


@dataclass(frozen=True)
class Home:
    """The places of one embedded server. `path` is real (no link), so its processes can be told by it."""

    data_dir: Path
    path: Path
    account: Account
    passwords: Passwords
    socket_dir: Path

    @property
    def cluster(self) -> Path:
        return self.path / "cluster"

    @property
    def log_dir(self) -> Path:
        return self.path / "log"

    @property
    def startup_log(self) -> Path:
        """What the server says before its own rotated log is open; begun anew at every start."""
        return self.log_dir / "startup.log"

    @property
    def set_up_marker(self) -> Path:
        return self.path / "set-up"

    @property
    def socket(self) -> Path:
        return self.socket_dir / f".s.PGSQL.{PORT}"

    @property
    def exists(self) -> bool:
        """Whether there is a cluster: it appears by one rename, whole or not at all."""
        return (self.cluster / "PG_VERSION").exists()

    def url(self, role: str, password: str, database: str) -> str:
        """A URL that SQLAlchemy and psycopg both read. The port is named so that PGPORT cannot change it."""
        return f"postgresql://{role}:{quote(password)}@/{database}?host={quote(str(self.socket_dir))}&port={PORT}"


def home_in(data_dir: Path) -> Home:
    """Find or make the server's home. The caller holds the start lock."""
    passwords = passwords_of(data_dir)
    entry = data_dir / "postgres"
    if entry.is_symlink() and not entry.exists():
        raise CannotStart(
            N_(
                "The database files are gone from %(target)s, where %(link)s points: put them back, "
                "or delete the link to begin with an empty database"
            ),
            target=entry.resolve(),
            link=entry,
        )
    if not entry.exists():
        if server_account(entry / "cluster").can_enter(data_dir):
            _passable(entry)
        else:
            entry.symlink_to(_elsewhere(data_dir, passwords))
    path = entry.resolve()
    account = server_account(path / "cluster")
    key = hashlib.sha256(f"{passwords.instance}:{path}".encode()).hexdigest()[:16]
    return Home(data_dir, path, account, passwords, SOCKETS / f"shared-base-{key}")


def ready_directories(home: Home) -> None:
    """Make what the server needs around its cluster, and see that it can get there."""
    if not home.account.can_enter(home.path):
        raise CannotStart(
            N_(
                "PostgreSQL runs as the account %(account)s, which cannot enter %(path)s: open the directories on the "
                "way (chmod o+x), or move the data directory to where they are open"
            ),
            account=home.account.name,
            path=home.path,
        )
    home.log_dir.mkdir(mode=0o700, exist_ok=True)
    home.account.give(home.log_dir)
    if home.exists and home.account.switched and home.cluster.stat().st_uid != home.account.uid:
        home.account.give_all(home.cluster)
    _ready_socket_dir(home)


def _ready_socket_dir(home: Home) -> None:
    """Make the socket's directory ours alone. Another user's under that name is refused: it could pose as us."""
    try:
        home.socket_dir.mkdir(mode=0o700)
        home.account.give(home.socket_dir)
    except FileExistsError:
        pass
    if not _is_ours(home):
        raise CannotStart(
            N_("%(path)s belongs to somebody else, and PostgreSQL's socket has to be there: remove it"),
            path=home.socket_dir,
        )
    home.account.give(home.socket_dir)
    home.socket_dir.chmod(0o700)


def clear_socket_dir(home: Home) -> None:
    """Take the socket's directory away, unless it is somebody else's."""
    if home.socket_dir.exists() and _is_ours(home):
        shutil.rmtree(home.socket_dir, ignore_errors=True)


def _is_ours(home: Home) -> bool:
    found = home.socket_dir.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid in (home.account.uid, os.geteuid())


def _elsewhere(data_dir: Path, passwords: Passwords) -> Path:
    """A place of this data directory's own that every account can reach.

    The instance is part of its name: a data directory deleted and made anew begins empty, and what the deleted one
    left here is nobody's to overwrite.
    """
    key = hashlib.sha256(f"{passwords.instance}:{data_dir.resolve()}".encode()).hexdigest()[:16]
    _passable(ELSEWHERE)
    return _passable(ELSEWHERE / key)


def _passable(directory: Path) -> Path:
    """Make a directory that every account may pass through, whatever our umask is."""
    if not directory.exists():
        directory.mkdir(parents=True)
        directory.chmod(0o755)
    return directory


@contextmanager
def start_lock(data_dir: Path) -> Iterator[None]:
    """One process at a time starts, sets up or stops; the kernel lets go for one that is killed."""
    with opened_lock(data_dir / "postgres.start.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def opened_lock(path: Path) -> IO[str]:
    """Open a lock file in the data directory, which is made when it is missing."""
    make_data_dir(path.parent)
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")


class UsersLock:
    """Everyone who uses the server holds this lock shared; only who can have it alone may stop the server."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "postgres.users.lock"
        self._file: IO[str] | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def join(self) -> None:
        """Become a user. Only under the start lock: whoever stops the server holds that one too."""
        if self._file is None:
            self._file = opened_lock(self._path)
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def alone(self) -> bool:
        """Whether nobody else uses the server. Only under the start lock; we stay a user either way."""
        assert self._file is not None, "join first"
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._file, fcntl.LOCK_SH)
        return True

    def leave(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def refuse_other_machine(self) -> None:
        """Refuse to start a server beside one in another container that uses the same directory.

        Its process ids mean nothing here, so PostgreSQL's own check is blind: two servers would destroy the data.
        Every starter notes its namespace; a different one, while others use the server, is such a neighbour.
        """
        assert self._file is not None, "join first"
        here = _namespace()
        self._file.seek(0)
        noted = self._file.read().strip()
        if noted and noted != here and not self.alone():
            raise CannotStart(
                N_(
                    "The database in %(path)s is in use by another container or machine: stop it there first, "
                    "or set DATABASE_URL to share one server"
                ),
                path=self._path.parent,
            )
        self._file.seek(0)
        self._file.truncate()
        self._file.write(here + "\n")
        self._file.flush()


def _namespace() -> str:
    try:
        return f"{os.uname().nodename} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return os.uname().nodename
