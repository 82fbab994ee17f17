"""The audit trail page: filtered, paged by entry, exported. Row-level security shows staff their bases' entries."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from shared_base.core.audit import AuditEntry
from shared_base.core.fields import pattern
from shared_base.http.exports import export
from shared_base.http.extensions import session
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor
from shared_base.http.language import page_zone
from shared_base.web.audit.reading import Line, Reader
from shared_base.web.audit.words import DEEDS, SUBJECTS
from shared_base.web.current import base_choices, current_base_or_none

bp = Blueprint("audit", __name__, url_prefix="/audit")

PAGE_LENGTH = 50
LONGEST_EXPORT = 10_000


def _conditions() -> list[sa.ColumnElement[bool]]:
    """What the query arguments ask for; one that cannot be read asks for nothing."""
    asked = request.args
    conditions: list[sa.ColumnElement[bool]] = []
    actor = current_actor()
    if not actor.is_admin:
        conditions.append(AuditEntry.base_id.in_(actor.bases))
    if text := asked.get("q", "").strip():
        conditions.append(AuditEntry.actor_label.ilike(pattern(text)))
    if person := _uuid(asked.get("actor")):
        conditions.append(AuditEntry.actor_id == person)
    if asked.get("table") in SUBJECTS:
        conditions.append(AuditEntry.subject_table == asked["table"])
    if subject := asked.get("subject"):
        conditions.append(AuditEntry.subject_id == subject)
    if code := asked.get("base"):
        base = next((base for base in base_choices() if base.code == code), None)
        conditions.append(AuditEntry.base_id == base.id if base else sa.false())
    first, last = _day(asked.get("from")), _day(asked.get("to"))
    if first:
        conditions.append(AuditEntry.at >= _midnight(first))
    if last:
        conditions.append(AuditEntry.at < _midnight(last + timedelta(days=1)))
    return conditions


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if date(2000, 1, 1) <= found <= date(2199, 12, 31) else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=page_zone())


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _page(conditions: list[sa.ColumnElement[bool]]) -> tuple[list[AuditEntry], str | None, str | None]:
    """The entries of a page, the newest first, with the cursors of the older and the newer page.

    A cursor is `o` or `n` and an entry's number: older than it, or newer. The trail grows while it is read.
    """
    cursor = request.args.get("cursor", "")
    newer, number = cursor[:1] == "n", cursor[1:]
    number = number if number.isascii() and number.isdigit() and len(number) < 19 else ""
    if number:
        conditions = [*conditions, AuditEntry.id > int(number) if newer else AuditEntry.id < int(number)]
    order = AuditEntry.id.asc() if newer else AuditEntry.id.desc()
    found = list(session().scalars(sa.select(AuditEntry).where(*conditions).order_by(order).limit(PAGE_LENGTH + 1)))
    more, entries = len(found) > PAGE_LENGTH, found[:PAGE_LENGTH]
    if newer:
        entries.reverse()
    if not entries:
        return [], None, None
    older_page = f"o{entries[-1].id}" if more or newer else None
    newer_page = f"n{entries[0].id}" if (more if newer else number) else None
    return entries, older_page, newer_page


@bp.get("")
@allow("operator", "reviewer")
def index() -> str | Response:
    current_base_or_none()  # the reader's zone is that of the base whose pages are shown
    conditions = _conditions()
    if request.args.get("format") in ("xlsx", "csv"):
        newest = sa.select(AuditEntry).where(*conditions).order_by(AuditEntry.id.desc()).limit(LONGEST_EXPORT)
        return _export(Reader(session(), list(session().scalars(newest))).lines())
    entries, older, newer = _page(conditions)
    return render_template(
        "audit/trail.html",
        lines=Reader(session(), entries).lines(),
        next_cursor=older,
        previous_cursor=newer,
        subjects=SUBJECTS,
        deeds=DEEDS,
        bases=base_choices(),
        base_names=[(base.code, base.name) for base in base_choices()],
        filtered=any(request.args.get(name) for name in ("q", "actor", "table", "subject", "base", "from", "to")),
    )


def _export(lines: list[Line]) -> Response:
    headings = [_("When"), _("Who"), _("Action"), _("Kind"), _("What"), _("Base"), _("Before"), _("After")]
    cells: list[tuple[Any, ...]] = [
        (
            line.entry.at.astimezone(page_zone()),
            line.entry.actor_label,
            str(DEEDS[line.entry.action][0]),
            str(SUBJECTS.get(line.entry.subject_table, line.entry.subject_table)),
            line.title,
            line.base,
            "\n".join(f"{change.column}: {change.before}" for change in line.changes if change.before is not None),
            "\n".join(f"{change.column}: {change.after}" for change in line.changes if change.after is not None),
        )
        for line in lines
    ]
    return export(_("Audit trail"), headings, cells, request.args["format"])
