"""Whose account the server runs under.

PostgreSQL refuses to run as root, rightly. An ordinary user's server is that user's own. Root's server runs as
the owner of the cluster it finds; a new one belongs to the system account `shared-base`, made when it is missing,
because files of `nobody` are open to every other service that runs as `nobody`. Where no account can be made
(no useradd, a read-only /etc) `nobody` it is.
"""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared_base.core.i18n import N_
from shared_base.core.postgres.errors import CannotStart

SYSTEM_ACCOUNT = "shared-base"
LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"  # macOS has no C.UTF-8


@dataclass(frozen=True)
class Account:
    """A user and group of the operating system; `switched` when it is not the one we run as (we are root then)."""

    uid: int
    gid: int
    switched: bool

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def run(
        self, argv: Sequence[str | Path], *, text: str = "", inherits: Collection[int] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this account, from `/`, with nothing of our environment but its paths.

        `text` is its standard input; it inherits the open files named. Output comes back merged in `stdout`; the exit
        status is the caller's to judge.
        """
        switch: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switched else {}
        try:
            return subprocess.run(
                [str(word) for word in argv],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                input=text,
                encoding="utf-8",
                errors="replace",
                cwd="/",
                env=_environment(),
                umask=0o077,
                pass_fds=inherits,
                check=False,
                **switch,
            )
        except OSError as error:
            raise CannotStart(
                N_("%(program)s cannot be run as the account %(account)s: %(reason)s"),
                program=argv[0],
                account=self.name,
                reason=error.strerror,
            ) from error

    def can_enter(self, directory: Path) -> bool:
        """Whether this account can pass through every directory on the way and into this one."""
        return not self.switched or self.run(["/bin/sh", "-c", 'cd "$1"', "sh", directory]).returncode == 0

    def give(self, path: Path) -> None:
        """Make a file or directory this account's own."""
        if self.switched:
            os.chown(path, self.uid, self.gid)

    def give_all(self, directory: Path) -> None:
        """Make a whole tree this account's own (a cluster unpacked from an archive belongs to root)."""
        self.give(directory)
        for parent, directories, files in os.walk(directory):
            for name in directories + files:
                os.chown(os.path.join(parent, name), self.uid, self.gid, follow_symlinks=False)


def server_account(cluster: Path) -> Account:
    """The account for the server of this cluster, which need not exist yet."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switched=False)
    try:
        owner = cluster.stat()
    except FileNotFoundError:
        owner = None
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, switched=True)
    entry = _entry(SYSTEM_ACCOUNT) or _made(SYSTEM_ACCOUNT) or _entry("nobody")
    if entry is None:
        raise CannotStart(
            N_(
                "PostgreSQL does not run as root, and there is neither an account %(account)s nor nobody: "
                "make one with useradd --system %(account)s, or run this as an ordinary user"
            ),
            account=SYSTEM_ACCOUNT,
        )
    return Account(entry.pw_uid, entry.pw_gid, switched=True)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _made(name: str) -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if useradd:
        options = ["--system", "--user-group", "--no-create-home", "--home-dir=/nonexistent", "--shell=/bin/false"]
        # Another start may be making it at this moment: what counts is that it is there afterwards.
        subprocess.run([useradd, *options, name], capture_output=True, check=False)
    return _entry(name)


def _environment() -> dict[str, str]:
    """PATH and library path only: the server's account must not read our keys from its processes' environment."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": LOCALE, "TZ": "UTC"}
