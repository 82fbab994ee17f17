"""Stays of imported bookings: a check-in makes one; a changed check-in or check-out is a statement with its reason.

The first statements are written with their bookings (`booking_sql.INSERT`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from shared_base.core.i18n import N_
from shared_base.workbook.errors import CellError
from shared_base.workbook.nouns import booking_sql as sql
from shared_base.workbook.nouns.noun import Loading
from shared_base.workbook.plans import Change, Plan

_OF_STAY = frozenset({"checked_in_at", "checked_out_at", "space"})


def conflicts(plan: Plan) -> Iterator[CellError]:
    """A booking that moved while it ran has several stays: one row cannot say which of them is wrong."""
    for change in plan.changed:
        touched = change.columns & _OF_STAY
        if touched and change.ids.stays is not None and change.ids.stays > 1:
            yield plan.table.fault(
                change.row,
                min(touched),
                N_("%(ref)s was moved while it ran and has %(count)s stays; correct them on its page"),
                ref=change.before["ref"],
                count=change.ids.stays,
            )


def correct(loading: Loading, changes: Sequence[Change], *, reason: str) -> None:
    """Record what is now known of the stays; what was said before stays readable."""
    statements: list[tuple[Any, ...]] = []
    for change in changes:
        if not change.columns & _OF_STAY:
            continue
        before, stay = change.before, change.ids
        arrived, left = change.after["checked_in_at"], change.after["checked_out_at"]
        if arrived is not None:
            statements.append((stay.id, stay.stay_id, (stay.revision or 0) + 1, arrived, left, False))
        elif stay.stay_id is not None:
            # nobody came after all: the stay is voided with the times it had
            times = before["checked_in_at"], before["checked_out_at"]
            statements.append((stay.id, stay.stay_id, stay.revision + 1, *times, True))
    if statements:
        ids, stay_ids, revisions, arrivals, departures, voided = zip(*statements, strict=True)
        loading.session.execute(
            sql.CORRECT_STAYS,
            {
                "ids": list(ids),
                "stay_ids": list(stay_ids),
                "revisions": list(revisions),
                "ins": list(arrivals),
                "outs": list(departures),
                "voided": list(voided),
                "reason": reason,
                "at": loading.at,
                "actor_id": loading.by.user_id,
                "actor_label": loading.by.label,
            },
        )
