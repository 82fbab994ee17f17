"""The passwords of the embedded server: random, made once, in one file (mode 0600) of the data directory."""

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from shared_base.core.i18n import N_
from shared_base.core.postgres.errors import CannotStart

FILE = "postgres-passwords.json"


@dataclass(frozen=True)
class Passwords:
    """`instance` names this server among all that ever were at the same path; the rest is by role."""

    instance: str
    postgres: str = field(repr=False)
    shared_base_owner: str = field(repr=False)
    shared_base_app: str = field(repr=False)


def passwords_of(data_dir: Path) -> Passwords:
    """The passwords in the data directory, made when missing. The caller holds the start lock."""
    path = data_dir / FILE
    if not path.exists():
        made = Passwords(secrets.token_hex(8), *(secrets.token_urlsafe(32) for _ in range(3)))
        write_whole(path, json.dumps(asdict(made), indent=2) + "\n")
    try:
        return Passwords(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise CannotStart(
            N_("%(path)s is damaged: delete it, the next start sets new passwords and keeps the data"), path=path
        ) from error


def write_whole(path: Path, text: str) -> None:
    """Replace a file (mode 0600) so that a crash leaves the old content or the new one, never half of it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
