"""`shared-base report`: what it prints, what it writes, what it refuses."""

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from config.settings import Settings
from shared_base.bookings.models import Booking
from shared_base.catalogue.errors import UnknownBase
from shared_base.catalogue.queries import base
from shared_base.cli.context import CliContext
from shared_base.cli.reports import report_command
from shared_base.core.clock import FixedClock
from shared_base.core.errors import Invalid
from shared_base.core.periods import Month
from shared_base.occupancy import stays
from shared_base.occupancy.errors import MonthNotOver, NoReport, NothingChanged
from shared_base.occupancy.queries import document_of, report, stays_of
from tests.databases import TestDatabase
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.occupancy import make_stay
from tests.factories.tenancy import make_actor, make_lease, make_tenant

SHANGHAI = ZoneInfo("Asia/Shanghai")
OCTOBER_2 = datetime(2026, 10, 2, tzinfo=UTC)
START = datetime(2026, 9, 10, 20, tzinfo=SHANGHAI)


@pytest.fixture(scope="module")
def context(new_database: Callable[[], TestDatabase], tmp_path_factory: pytest.TempPathFactory) -> Iterator[CliContext]:
    """A command's surroundings on a database with one base, frozen by nobody yet."""
    folder = tmp_path_factory.mktemp("command")
    settings = Settings.from_environment({"DATABASE_URL": new_database().app, "SHARED_BASE_DATA_DIR": str(folder)})
    context = CliContext(settings, FixedClock(OCTOBER_2))
    with context.transaction() as session:
        house = make_base(session, code="HRB")
        studio, tenant = make_studio(session, house, code="S01"), make_tenant(session, house)
        make_lease(session, tenant, house)
        booking = make_booking(session, studio, tenant, START, START + timedelta(hours=4), state="completed")
        make_stay(session, booking, START, START + timedelta(hours=4))
    yield context
    context.close()


def run(context: CliContext, *arguments: str) -> Result:
    return CliRunner().invoke(report_command, arguments, obj=context)


def done(context: CliContext, *arguments: str) -> str:
    result = run(context, *arguments)
    assert result.exit_code == 0, result.output or result.exception
    return result.stdout


def answer(context: CliContext, *arguments: str) -> Any:
    return json.loads(done(context, *arguments, "--json"))


def test_a_span_is_closed_month_by_month_and_again_is_the_same(context: CliContext) -> None:
    first = answer(context, "close", "--base", "HRB", "--month", "2026-07/2026-09")["reports"]
    assert [(it["month"], it["revision"]) for it in first] == [("2026-07", 1), ("2026-08", 1), ("2026-09", 1)]
    assert answer(context, "close", "--base", "HRB", "--month", "2026-08/2026-09")["reports"] == first[1:]
    assert done(context, "close", "--base", "HRB", "--month", "2026-09") == (
        f"HRB 2026-09  revision 1  {first[2]['digest']}\n"
    )


def test_a_span_that_ends_in_the_running_month_is_refused_whole(context: CliContext) -> None:
    refused = run(context, "close", "--base", "HRB", "--month", "2026-01/2026-10")
    assert isinstance(refused.exception, MonthNotOver)
    assert isinstance(run(context, "show", "--base", "HRB", "--month", "2026-01").exception, NoReport)


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (("close", "--base", "XX", "--month", "2026-09"), UnknownBase),
        (("close", "--base", "HRB", "--month", "2026-9"), Invalid),
        (("close", "--base", "HRB", "--month", "2026-09/2026-08"), Invalid),
        (("show", "--base", "HRB", "--month", "2020-01"), NoReport),
    ],
)
def test_what_cannot_be_is_refused(context: CliContext, arguments: tuple[str, ...], refusal: type[Exception]) -> None:
    assert isinstance(run(context, *arguments).exception, refusal)


def test_wrong_usage_is_exit_2(context: CliContext) -> None:
    assert run(context, "close", "--base", "HRB").exit_code == 2
    assert run(context, "show", "--base", "HRB", "--month", "2026-09", "--format", "doc").exit_code == 2
    assert run(context, "revise", "--base", "HRB", "--month", "2026-09").exit_code == 2


def test_a_report_is_shown_as_json_pdf_and_sheet(context: CliContext, tmp_path: Path) -> None:
    done(context, "close", "--base", "HRB", "--month", "2026-09")
    show = ("show", "--base", "HRB", "--month", "2026-09")
    document = json.loads(done(context, *show))
    assert (document["base"], document["totals"]["used_seconds"]) == ("HRB", 14400)
    assert list(document)[:4] == ["schema", "base", "month", "timezone"]
    assert json.loads(done(context, *show, "--json")) == document
    done(context, *show, "-o", str(tmp_path / "r.json"))
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8")) == document
    done(context, *show, "--format", "pdf", "-o", str(tmp_path / "r.pdf"))
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")
    sheet = CliRunner().invoke(report_command, [*show, "--format", "xlsx", "--language", "en"], obj=context)
    assert zipfile.is_zipfile(BytesIO(sheet.stdout_bytes))


def test_a_revision_names_the_person_at_the_terminal_and_prints_what_changed(
    context: CliContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "wang")
    done(context, "close", "--base", "HRB", "--month", "2026-09")
    revise = ("revise", "--base", "HRB", "--month", "2026-09", "--reason", "补录签退")
    assert isinstance(run(context, *revise).exception, NothingChanged)
    with context.transaction() as session:
        _lengthen(session)
    summary = answer(context, *revise)
    assert (summary["revision"], summary["reason"]) == (2, "补录签退")
    assert summary["changes"]["totals/used_seconds"] == {"before": 14400, "after": 18000}
    with context.transaction() as session:
        row = report(session, base(session, "HRB"), Month(2026, 9))
        assert (row.revised_by, document_of(row)["digest"]) == ("wang (command line)", summary["digest"])
    first = json.loads(done(context, "show", "--base", "HRB", "--month", "2026-09", "--revision", "1"))
    assert first["totals"]["used_seconds"] == 14400


def _lengthen(session: Session) -> None:
    booking = session.scalars(sa.select(Booking)).one()
    stay = stays_of(session, booking.id)[0]
    stays.correct_stay(
        session,
        stay_id=stay.id,
        checked_in_at=START,
        checked_out_at=START + timedelta(hours=5),
        reason="晚走一小时",
        by=make_actor(session, "admin"),
        at=OCTOBER_2,
    )
