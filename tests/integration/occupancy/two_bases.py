"""The operator's workbook `tests/data/two-bases` as rows, read without the import: reports are tested apart from it."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from shared_base.bookings.models import Booking
from shared_base.catalogue.models import Base
from shared_base.occupancy.models import StayRecord
from tests.factories.catalogue import LONG_AGO, make_base, make_outage, make_space
from tests.factories.tenancy import make_lease, make_tenant

FOLDER = Path(__file__).parents[2] / "data" / "two-bases"


def rows(sheet: str) -> Iterator[dict[str, str]]:
    with (FOLDER / f"{sheet}.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def load(session: Session) -> dict[str, Base]:
    """Everything that reports read; the bases by code."""
    bases: dict[str, Base] = {}
    for row in rows("bases"):
        first = day(row["recognised_from"])
        bases[row["code"]] = make_base(
            session,
            code=row["code"],
            opens=row["opens"],
            closes=row["closes"],
            recognised=(first, day(row["recognised_to"])) if first else None,
            name=row["name"],
            tier=row["tier"],
            division_code=row["division_code"],
            lettable_area_m2=Decimal(row["lettable_area_m2"]),
            operator_uscc=row["operator_uscc"] or None,
        )
    spaces = {
        (row["base"], row["code"]): make_space(
            session,
            bases[row["base"]],
            kind=row["kind"],
            code=row["code"],
            name=row["name"],
            area_m2=Decimal(row["area_m2"]),
            in_service_from=day(row["in_service_from"]),
            in_service_to=day(row["in_service_to"]),
        )
        for row in rows("spaces")
    }
    for row in rows("closures"):
        make_outage(
            session,
            bases[row["base"]],
            instant(row["start"]),  # type: ignore[arg-type]
            instant(row["end"]),  # type: ignore[arg-type]
            space=spaces.get((row["base"], row["space"])),
            ref=row["ref"],
            reason=row["reason"],
        )
    tenants = {
        row["uscc"]: make_tenant(session, bases.values(), uscc=row["uscc"], name=row["name"], kind=row["kind"])
        for row in rows("tenants")
    }
    for row in rows("leases"):
        make_lease(
            session,
            tenants[row["tenant_uscc"]],
            bases[row["base"]],
            ref=row["ref"],
            first=date.fromisoformat(row["start_date"]),
            last=date.fromisoformat(row["end_date"]),
            spaces=[spaces[row["base"], code] for code in row["spaces"].split(";") if code],
            rent_free=[tuple(map(date.fromisoformat, span.split("/"))) for span in row["rent_free"].split(";") if span],  # type: ignore[misc]
            area_m2=Decimal(row["area_m2"]),
            monthly_rent_fen=int(row["monthly_rent_fen"]),
            property_fee_fen=int(row["property_fee_fen"] or 0),
        )
    load_bookings(session, bases, spaces, tenants)
    return bases


def load_bookings(session: Session, bases: Any, spaces: Any, tenants: Any) -> None:
    """Bookings and their stays, in bulk."""
    sheet = list(rows("bookings"))
    ids: dict[str, UUID] = {}
    values = []
    for row in sheet:
        space = spaces[row["base"], row["space"]]
        values.append(
            {
                "code": row["ref"],
                "ref": row["ref"],
                "base_id": bases[row["base"]].id,
                "studio_id": space.id,
                "tenant_id": tenants[row["tenant_uscc"]].id,
                "during": Range(instant(row["start"]), instant(row["end"])),
                "released_at": instant(row.get("released_at")),
                "state": row["state"],
                "title": row["title"],
                "platform": row["platform"] or None,
                "created_at": LONG_AGO,
                "changed_at": LONG_AGO,
                "cancelled_at": LONG_AGO if row["state"] == "cancelled" else None,
            }
        )
    for ref, booking_id in session.execute(sa.insert(Booking).returning(Booking.ref, Booking.id), values):
        ids[ref] = booking_id
    came = [row for row in sheet if row["checked_in_at"]]
    session.execute(
        sa.insert(StayRecord),
        [
            {
                "stay_id": ids[row["ref"]],
                "revision": 1,
                "booking_id": ids[row["ref"]],
                "base_id": bases[row["base"]].id,
                "studio_id": spaces[row["base"], row["space"]].id,
                "tenant_id": tenants[row["tenant_uscc"]].id,
                "checked_in_at": instant(row["checked_in_at"]),
                "checked_out_at": instant(row["checked_out_at"]),
                "recorded_at": LONG_AGO,
                "recorder_label": "import",
            }
            for row in came
        ],
    )
