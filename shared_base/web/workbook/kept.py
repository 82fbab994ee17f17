"""Uploaded workbooks between their check and their import: kept for a quarter of an hour, each for its uploader alone.

They lie below the data directory, a folder each under a random name, closed to every other account of the machine.
Only what was checked can be imported: the file is read again, and its digest is compared with that of the check.
"""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from config.settings import make_data_dir
from shared_base.core.errors import NotFound
from shared_base.core.i18n import N_
from shared_base.workbook.errors import CellError
from shared_base.workbook.result import Counts, ImportResult, ImportWarning

LASTS = timedelta(minutes=15)
#: how many a person keeps at once; the oldest gives way, so that nobody fills the disk
MOST_EACH = 5
FOLDER = "uploads"
WORKBOOK, CHECK = "workbook.xlsx", "check.json"


@dataclass(frozen=True)
class Checked:
    """What the check of a workbook said: the result of the dry run, or the errors (`more`: the list was cut)."""

    update: bool
    result: ImportResult | None = None
    errors: tuple[CellError, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class Upload:
    """A kept workbook: its name as the uploader's machine has it, and what the check said."""

    id: UUID
    owner: UUID
    name: str
    size: int
    sha256: str
    expires_at: datetime
    checked: Checked
    path: Path

    def content(self) -> bytes:
        """The bytes that were checked."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            raise gone() from None
        assert hashlib.sha256(data).hexdigest() == self.sha256, "a kept workbook is never written again"
        return data


def gone() -> NotFound:
    return NotFound(N_("This check has expired, or it is not yours. Upload the workbook again."))


def keep(data_dir: Path, data: bytes, *, owner: UUID, name: str, checked: Checked, at: datetime) -> UUID:
    """Keep a checked workbook; returns the name under which `find` has it for `LASTS`."""
    root = _root(data_dir)
    _make_room(root, owner=owner, at=at)
    token = uuid4()
    folder = root / str(token)
    folder.mkdir(mode=0o700)
    (folder / WORKBOOK).write_bytes(data)
    described = {
        "owner": str(owner),
        "name": name,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "expires_at": (at + LASTS).isoformat(),
        "checked": _as_json(checked),
    }
    # the description makes the upload valid: it appears whole, or not at all
    part = folder / f"{CHECK}.part"
    part.write_text(json.dumps(described, ensure_ascii=False, default=str), encoding="utf-8")
    part.rename(folder / CHECK)
    return token


def find(data_dir: Path, token: UUID, *, owner: UUID, at: datetime) -> Upload:
    """The kept workbook of that name, if it is the owner's and has not expired; else `NotFound`."""
    upload = _read(data_dir / FOLDER / str(token))
    if upload is None or upload.owner != owner or upload.expires_at <= at:
        raise gone()
    return upload


def forget(data_dir: Path, token: UUID) -> None:
    """Delete a kept workbook; again is harmless."""
    shutil.rmtree(data_dir / FOLDER / str(token), ignore_errors=True)


def sweep(data_dir: Path, *, at: datetime) -> None:
    """Delete what has expired, and what a crash left half written."""
    for folder in _folders(data_dir / FOLDER):
        upload = _read(folder)
        expires_at = upload.expires_at if upload else _modified(folder) + LASTS
        if expires_at <= at:
            shutil.rmtree(folder, ignore_errors=True)


def _make_room(root: Path, *, owner: UUID, at: datetime) -> None:
    sweep(root.parent, at=at)
    own = [upload for folder in _folders(root) if (upload := _read(folder)) and upload.owner == owner]
    for upload in sorted(own, key=lambda upload: upload.expires_at)[: max(0, len(own) - MOST_EACH + 1)]:
        shutil.rmtree(upload.path.parent, ignore_errors=True)


def _root(data_dir: Path) -> Path:
    make_data_dir(data_dir)
    root = data_dir / FOLDER
    root.mkdir(mode=0o700, exist_ok=True)
    return root


def _folders(root: Path) -> list[Path]:
    return [folder for folder in root.iterdir() if folder.is_dir()] if root.is_dir() else []


def _modified(folder: Path) -> datetime:
    try:
        return datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC) - LASTS


def _read(folder: Path) -> Upload | None:
    """What the folder keeps; None where its description is not there (another request writes, or deletes, it)."""
    try:
        described: dict[str, Any] = json.loads((folder / CHECK).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Upload(
        id=UUID(folder.name),
        owner=UUID(described["owner"]),
        name=described["name"],
        size=described["size"],
        sha256=described["sha256"],
        expires_at=datetime.fromisoformat(described["expires_at"]),
        checked=_from_json(described["checked"]),
        path=folder / WORKBOOK,
    )


def _as_json(checked: Checked) -> dict[str, Any]:
    result = checked.result
    return {
        "update": checked.update,
        "result": asdict(result) if result else None,
        # a template and its values, not a text: the page speaks the reader's language, whichever it is by then
        "errors": [{**asdict(error), "values": dict(error.values)} for error in checked.errors],
        "more": checked.more,
    }


def _from_json(described: dict[str, Any]) -> Checked:
    result = described["result"]
    return Checked(
        update=described["update"],
        result=result
        and ImportResult(
            dry_run=result["dry_run"],
            sheets={name: Counts(**counts) for name, counts in result["sheets"].items()},
            warnings=[ImportWarning(**warning) for warning in result["warnings"]],
            warning_counts=result["warning_counts"],
        ),
        errors=tuple(CellError(**error) for error in described["errors"]),
        more=described["more"],
    )
