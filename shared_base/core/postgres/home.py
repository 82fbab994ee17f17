"""Where the server's files live.

DATA_DIR/postgres/              the server's home: cluster/, log/, set-up; for root's server in a place that its
                                account cannot reach, a link to /var/lib/shared-base/<hash>
DATA_DIR/postgres-passwords.json
DATA_DIR/postgres.start.lock    held while starting, setting up or stopping: one at a time
DATA_DIR/postgres.users.lock    held shared by everyone who uses the server
DATA_DIR/postgres.server.lock   held by the server's own processes, which inherit it
/tmp/shared-base-<hash>/        the socket (mode 0700): short, because PostgreSQL stops at 107 bytes
"""

import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

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
    left here is nobody's to overwrite. `origin` tells whose it is, for whoever wants the disk space back.
    """
    key = hashlib.sha256(f"{passwords.instance}:{data_dir.resolve()}".encode()).hexdigest()[:16]
    _passable(ELSEWHERE)
    place = _passable(ELSEWHERE / key)
    (place / "origin").write_text(f"{data_dir.resolve()}\n", encoding="utf-8")
    return place


def _passable(directory: Path) -> Path:
    """Make a directory that every account may pass through, whatever our umask is."""
    if not directory.exists():
        directory.mkdir(parents=True)
        directory.chmod(0o755)
    return directory
