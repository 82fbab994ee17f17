"""Entries of the audit trail made readable: names for ids, instants in the reader's zone, one line a changed column."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from shared_base.catalogue.models import Base, Space
from shared_base.core.audit import AuditEntry
from shared_base.http.formatting import area, minutes_of_day, money
from shared_base.http.language import page_zone
from shared_base.people.models import ApiToken, User
from shared_base.resources.models import Outage
from shared_base.subsidies.models import Claim
from shared_base.tenancy.models import Host, Lease, Membership, RentPayment, Tenant
from shared_base.web.audit.words import CHOSEN, COLUMNS, UNTOLD, VALUES

#: where the names of ids come from, by column
NAMES: dict[str, tuple[Any, Any, Any]] = {
    "user_id": (User.id, User.name, None),
    "created_by": (User.id, User.name, None),
    "recorded_by": (User.id, User.name, None),
    "real_name_checked_by": (User.id, User.name, None),
    "base_id": (Base.id, Base.name, None),
    "tenant_id": (Tenant.id, Tenant.name, None),
    "space_id": (Space.id, Space.code, None),
    "resource_id": (Space.id, Space.code, None),
    "lease_id": (Lease.id, Lease.ref, None),
}
#: what a row of a table is called: its id, its name, and what else must be joined to know it
SUBJECT_NAMES: dict[str, tuple[Any, Any, Any]] = {
    "api_tokens": (ApiToken.id, ApiToken.name, None),
    "bases": (Base.id, Base.name, None),
    "claims": (Claim.id, Claim.code, None),
    "hosts": (Host.id, Host.stage_name, None),
    "leases": (Lease.id, Lease.ref, None),
    "memberships": (Membership.id, User.name, User.id == Membership.user_id),
    "outages": (Outage.id, Outage.reason, None),
    "rent_payments": (RentPayment.id, RentPayment.ref, None),
    "spaces": (Space.id, Space.code, None),
    "tenants": (Tenant.id, Tenant.name, None),
    "users": (User.id, User.name, None),
}
#: the columns by which a row that is gone, or has no name, is called; the best first
TITLES = ("code", "ref", "stage_name", "name", "email", "number", "uscc")
MASKED = "•••"
RANGE = re.compile(r"[\[(](.*),(.*)[\])]")
LONGEST = 200


@dataclass(frozen=True)
class Change:
    """A column's value before and after; None where there was or is none."""

    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Line:
    """An entry as it is shown."""

    entry: AuditEntry
    title: str
    base: str | None
    changes: Sequence[Change]


class Reader:
    """Reads a page of entries: the names of all their ids are looked up together, a query a table."""

    def __init__(self, session: Session, entries: Sequence[AuditEntry]) -> None:
        self.entries = entries
        wanted: dict[tuple[Any, Any, Any], set[UUID]] = {}
        for entry in entries:
            for column, value in _values(entry):
                if column in NAMES and (key := _uuid(value)):
                    wanted.setdefault(NAMES[column], set()).add(key)
        for entry in entries:
            if entry.base_id:
                wanted.setdefault(NAMES["base_id"], set()).add(entry.base_id)
            if entry.subject_table in SUBJECT_NAMES and (key := _uuid(entry.subject_id)):
                wanted.setdefault(SUBJECT_NAMES[entry.subject_table], set()).add(key)
        self.names: dict[UUID, str] = {}
        for (id_column, name_column, joined), keys in wanted.items():
            query = sa.select(id_column, name_column).where(id_column.in_(keys))
            if joined is not None:
                query = query.where(joined)
            self.names |= dict(session.execute(query).all())

    def lines(self) -> list[Line]:
        return [self._line(entry) for entry in self.entries]

    def _line(self, entry: AuditEntry) -> Line:
        before, after = entry.before or {}, entry.after or {}
        columns = [column for column in {**before, **after} if column not in UNTOLD]
        changes = [
            Change(str(COLUMNS.get(column, column)), self._text(column, before), self._text(column, after))
            for column in sorted(columns, key=lambda column: (column not in TITLES, str(COLUMNS.get(column, column))))
            if before.get(column) is not None or after.get(column) is not None
        ]
        base = self.names.get(entry.base_id) if entry.base_id else None
        return Line(entry, self._title(entry, {**before, **after}), base, changes)

    def _title(self, entry: AuditEntry, row: dict[str, Any]) -> str:
        """What the row is called: by what the entry holds of it, else by its person or id."""
        key = _uuid(entry.subject_id)
        if key is not None and key in self.names:
            return self.names[key]
        for column in TITLES:
            if row.get(column):
                return str(row[column])
        for column in ("user_id", "space_id", "tenant_id", "base_id"):
            if (key := _uuid(row.get(column))) and key in self.names:
                return self.names[key]
        return entry.subject_id[:8]

    def _text(self, column: str, row: dict[str, Any]) -> str | None:
        value = row.get(column)
        if value is None:
            return None
        if column in NAMES:
            key = _uuid(value)
            return self.names.get(key, str(value)[:8]) if key else str(value)
        if value == MASKED:
            return str(_("not shown"))
        if column in CHOSEN and value in VALUES:
            return str(VALUES[value])
        text = _figure(column, value)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _figure(column: str, value: Any) -> str:
    """A value in the form that its column's name tells."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if column.endswith("_fen"):
        return str(money(int(value)))
    if column.endswith("_m2"):
        return str(area(str(value)))
    if column.endswith("_minute"):
        return str(minutes_of_day(int(value)))
    if column in ("term", "days", "valid", "in_service", "during"):
        return _range(str(value))
    if column.endswith("_at") or column == "since":
        return _moment(str(value))
    return str(value)


def _moment(text: str) -> str:
    try:
        return datetime.fromisoformat(text).astimezone(page_zone()).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text


def _range(text: str) -> str:
    """A range as people write it: days with both ends, instants in the reader's zone, an open end as such."""
    found = RANGE.fullmatch(text)
    if not found:
        return text
    first, last = (end.strip('"') for end in found.groups())
    try:
        last = (date.fromisoformat(last) - timedelta(days=1)).isoformat() if last else _("open")
        return f"{first or _('open')} – {last}"
    except ValueError:
        return f"{_moment(first)} – {_moment(last)}"


def _values(entry: AuditEntry) -> Iterable[tuple[str, Any]]:
    for row in (entry.before, entry.after):
        yield from (row or {}).items()


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (TypeError, ValueError, AttributeError):
        return None
