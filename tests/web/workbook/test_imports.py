"""The page of imports: checked by a dry run, shown, and only then stored; hostile files are refused with a reason."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config.settings import Settings
from shared_base.catalogue.models import Base, Space
from shared_base.core.clock import FixedClock
from shared_base.core.events import Event
from shared_base.tenancy.models import Lease, Tenant
from shared_base.web.workbook import kept
from tests.factories.tenancy import make_lease, make_tenant, make_uscc
from tests.web.tenancy.house import House, words

SPACES = ("base", "code", "name", "kind", "area_m2", "in_service_from")
TENANTS = ("uscc", "name", "kind")
LEASES = ("ref", "tenant_uscc", "base", "spaces", "area_m2", "start_date", "end_date", "monthly_rent_fen")


@pytest.fixture(autouse=True)
def _nothing_is_kept_from_before(web_settings: Settings) -> Iterator[None]:
    yield
    shutil.rmtree(web_settings.data_dir / kept.FOLDER, ignore_errors=True)


def workbook(**sheets: list[tuple[Any, ...]]) -> bytes:
    """An .xlsx of the sheets given, each a list of rows whose first is the header."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def room(base: str = "HRB", code: str = "S-900", **changes: str) -> tuple[str, ...]:
    values = {"name": "九百号直播间", "kind": "studio", "area_m2": "30", "in_service_from": "2026-01-01", **changes}
    return (base, code, *(values[name] for name in SPACES[2:]))


def send(client: FlaskClient, data: bytes, name: str = "一月.xlsx", **form: str) -> TestResponse:
    return client.post("/imports/", data={"file": (io.BytesIO(data), name), **form})


def spaces(session: Session) -> set[str]:
    session.expire_all()
    return set(session.scalars(sa.select(Space.code)))


def test_a_checked_workbook_is_shown_and_nothing_of_it_is_stored(
    operator: FlaskClient, session: Session, house: House
) -> None:
    before = spaces(session)
    checked = send(operator, workbook(spaces=[SPACES, room()]))
    assert checked.status_code == 303
    text = words(operator.get(checked.location).text)
    assert "一月.xlsx" in text
    assert "Import 1 row" in text
    assert spaces(session) == before


def test_a_confirmed_workbook_is_stored_once_and_told_of(operator: FlaskClient, session: Session, house: House) -> None:
    address = send(operator, workbook(spaces=[SPACES, room()])).location
    done = operator.post(f"{address}/import", follow_redirects=True)
    assert "The workbook was imported" in words(done.text)
    assert "S-900" in spaces(session)
    told = session.scalars(sa.select(Event).where(Event.kind == "workbook.imported")).all()
    assert [(event.subject_id, event.payload["file"]) for event in told] == [(house.base.id, "一月.xlsx")]
    again = operator.post(f"{address}/import", follow_redirects=True)
    assert again.status_code == 200
    assert len(session.scalars(sa.select(Event).where(Event.kind == "workbook.imported")).all()) == 1
    assert "一月.xlsx" in words(operator.get("/imports/").text)


def test_the_same_workbook_a_second_time_changes_nothing(operator: FlaskClient, session: Session, house: House) -> None:
    data = workbook(spaces=[SPACES, room()])
    operator.post(f"{send(operator, data).location}/import")
    page = operator.get(send(operator, data).location)
    assert "Everything in it is stored already" in words(page.text)
    assert "/import" not in page.text.split('id="main"')[1].replace("/imports/", "")


def test_errors_are_listed_with_sheet_row_column_and_what_is_expected_and_as_a_sheet(
    operator: FlaskClient, session: Session, house: House
) -> None:
    before = spaces(session)
    address = send(operator, workbook(spaces=[SPACES, room(), room(code="S-901", kind="kitchen")])).location
    page = words(operator.get(address).text)
    assert "1 error: nothing can be imported" in page
    assert "spaces 3 kind" in page
    assert "studio, office, sample_room or hall" in page
    report = operator.get(f"{address}/errors.xlsx")
    rows = list(openpyxl.load_workbook(io.BytesIO(report.data)).active.values)
    assert rows[1][:3] == ("spaces", 3, "kind")
    refused = operator.post(f"{address}/import", follow_redirects=True)
    assert "1 error" in words(refused.text)
    assert spaces(session) == before


def test_errors_come_in_the_language_in_which_the_page_is_read(
    browser_of: Callable[..., FlaskClient], house: House
) -> None:
    client = browser_of("operator")
    address = send(client, workbook(spaces=[SPACES, room(kind="kitchen")])).location
    client.set_cookie("locale", "zh_Hans_CN")
    page = words(client.get(address).text)
    assert "studio, office, sample_room or hall" not in page
    assert "直播间（studio）" in page or "直播间" in page


def test_a_row_that_differs_is_an_error_unless_corrections_are_asked_for(
    operator: FlaskClient, session: Session, house: House
) -> None:
    operator.post(f"{send(operator, workbook(spaces=[SPACES, room()])).location}/import")
    changed = workbook(spaces=[SPACES, room(name="改名直播间")])
    address = send(operator, changed).location
    page = words(operator.get(address).text)
    assert "check with corrections to record it" in page
    assert "--update" not in page
    corrected = operator.post(f"{address}/corrections")
    assert corrected.status_code == 303
    assert "Corrected 1" in words(operator.get(corrected.location).text)
    operator.post(f"{corrected.location}/import")
    session.expire_all()
    assert session.scalars(sa.select(Space.name).where(Space.code == "S-900")).one() == "改名直播间"


def test_a_workbook_that_no_longer_fits_when_it_is_confirmed_is_checked_again(
    operator: FlaskClient, session: Session, house: House
) -> None:
    address = send(operator, workbook(spaces=[SPACES, room()])).location
    operator.post(f"{send(operator, workbook(spaces=[SPACES, room(name='别人先录入')])).location}/import")
    answer = operator.post(f"{address}/import", follow_redirects=True)
    assert "has changed since the check" in words(answer.text)
    assert "1 error" in words(answer.text)


# --- whose it is ------------------------------------------------------------------------------------------------------


def test_a_kept_workbook_is_its_uploaders_alone_and_only_for_a_quarter_of_an_hour(
    operator: FlaskClient, browser_of: Callable[..., FlaskClient], clock: FixedClock, house: House
) -> None:
    address = send(operator, workbook(spaces=[SPACES, room(kind="kitchen")])).location
    for other in ("admin", "elsewhere"):
        client = browser_of(other)
        for path in ("", "/errors.xlsx"):
            assert client.get(address + path).status_code == 404
        for deed in ("/import", "/corrections"):
            assert client.post(address + deed).status_code == 404
    clock.advance(timedelta(minutes=14, seconds=59))
    assert operator.get(address).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert operator.get(address).status_code == 404
    assert operator.post(f"{address}/import").status_code == 404


def test_what_has_expired_is_deleted_and_nobody_keeps_more_than_a_few(
    operator: FlaskClient, clock: FixedClock, web_settings: Settings, house: House
) -> None:
    root = web_settings.data_dir / kept.FOLDER
    for number in range(kept.MOST_EACH + 3):
        clock.advance(timedelta(seconds=1))
        send(operator, workbook(spaces=[SPACES, room(code=f"S-{number}")]))
    assert len(list(root.iterdir())) == kept.MOST_EACH
    assert root.stat().st_mode & 0o077 == 0
    clock.advance(kept.LASTS)
    operator.get("/imports/")
    assert list(root.iterdir()) == []


def test_a_confirmed_workbook_does_not_stay_on_the_disk(
    operator: FlaskClient, web_settings: Settings, house: House
) -> None:
    operator.post(f"{send(operator, workbook(spaces=[SPACES, room()])).location}/import")
    assert list((web_settings.data_dir / kept.FOLDER).iterdir()) == []


@pytest.mark.parametrize("role", ["front_desk", "tenant_owner", "reviewer"])
def test_only_operators_import(browser_of: Callable[..., FlaskClient], house: House, role: str) -> None:
    client = browser_of(role)
    assert client.get("/imports/").status_code == 403
    assert send(client, workbook(spaces=[SPACES, room()])).status_code == 403


def test_a_stranger_is_led_to_signing_in(stranger: FlaskClient) -> None:
    assert stranger.get("/imports/").status_code == 303


# --- an operator's workbook speaks of the operator's own bases --------------------------------------------------------


def test_rows_of_a_base_that_one_does_not_run_are_refused(
    operator: FlaskClient, session: Session, house: House
) -> None:
    before = spaces(session)
    address = send(operator, workbook(spaces=[SPACES, room(base="PYW"), room()])).location
    assert "PYW is not a base that you run" in words(operator.get(address).text)
    operator.post(f"{address}/import")
    assert spaces(session) == before


def test_an_operator_enters_and_changes_no_base_that_is_not_theirs(
    operator: FlaskClient, session: Session, house: House
) -> None:
    header = ("code", "name", "tier", "division_code", "opens", "closes", "lettable_area_m2")
    row = ("NEW", "新基地", "large", "230102", "08:00", "24:00", "100")
    address = send(operator, workbook(bases=[header, row, ("PYW", *row[1:])]), update="y").location
    text = words(operator.get(address).text)
    assert "NEW is not a base that you run" in text
    assert "PYW is not a base that you run" in text
    assert session.scalar(sa.select(Base).where(Base.code == "NEW")) is None


def test_an_administrator_enters_a_base_by_workbook(
    browser_of: Callable[..., FlaskClient], session: Session, house: House
) -> None:
    header = ("code", "name", "tier", "division_code", "opens", "closes", "lettable_area_m2")
    row = ("NEW", "新基地", "large", "230102", "08:00", "24:00", "100")
    admin = browser_of("admin")
    done = admin.post(f"{send(admin, workbook(bases=[header, row])).location}/import", follow_redirects=True)
    assert "The workbook was imported" in words(done.text)
    assert session.scalar(sa.select(Base).where(Base.code == "NEW")) is not None


def test_references_and_enterprises_of_other_bases_are_neither_changed_nor_told(
    operator: FlaskClient, session: Session, house: House
) -> None:
    other = session.scalars(sa.select(Base).where(Base.code == "PYW")).one()
    foreign = make_tenant(session, other, name="外地企业")
    make_lease(session, foreign, other, ref="PYW-L1")
    session.commit()
    row = ("PYW-L1", house.own.uscc, "HRB", "O-2", "10", "2026-01-01", "2026-12-31", "100")
    data = workbook(tenants=[TENANTS, (foreign.uscc, "改名", "mcn")], leases=[LEASES, row])
    text = words(operator.get(send(operator, data, update="y").location).text)
    assert "PYW-L1 is the reference of something else already" in text
    assert "is known already; admit the enterprise" in text
    assert "外地企业" not in text
    session.expire_all()
    assert session.get_one(Tenant, foreign.id).name == "外地企业"


def test_an_operators_new_enterprise_and_its_lease_are_stored_and_admitted(
    operator: FlaskClient, session: Session, house: House
) -> None:
    code = make_uscc()
    row = ("L-900", code, "HRB", "O-2", "10", "2027-01-01", "2027-12-31", "100")
    data = workbook(tenants=[TENANTS, (code, "新企业", "brand")], leases=[LEASES, row])
    operator.post(f"{send(operator, data).location}/import")
    assert session.scalar(sa.select(Lease).where(Lease.ref == "L-900")) is not None
    assert "新企业" in words(operator.get("/tenants/").text)


# --- what is no workbook ----------------------------------------------------------------------------------------------


def bomb() -> bytes:
    """A few kilobytes that unpack to more than any upload may."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"<" + b" " * (60 << 20))
    return out.getvalue()


def entities() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("xl/workbook.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Choose a file first"),
        (b"not a workbook", "damaged or no .xlsx workbook"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old .xls or is protected by a password"),
        (bomb(), "unpacks to more than"),
        (entities(), "XML that no spreadsheet program writes"),
        (workbook(租赁合同=[("甲方",)]), "has no such sheet"),
    ],
    ids=["empty", "text", "old format", "bomb", "entities", "foreign sheet"],
)
def test_what_is_no_workbook_is_refused_with_its_reason_and_changes_nothing(
    operator: FlaskClient, session: Session, house: House, data: bytes, said: str
) -> None:
    before = spaces(session)
    answer = send(operator, data, name="租赁合同.pdf" if data else "")
    text = words(answer.text if answer.status_code == 422 else operator.get(answer.location).text)
    assert answer.status_code in (303, 422)
    assert said in text
    assert spaces(session) == before


def test_a_file_above_the_limit_is_refused_on_the_page_it_came_from(operator: FlaskClient, house: House) -> None:
    # its own bytes: the test client would put so large a form into a temporary file, and not close it
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.xlsx"\r\n\r\n'
    body = head + b"\0" * (16 * 1024 * 1024 + 1) + b"\r\n--b--\r\n"
    answer = operator.post("/imports/", data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 303
    assert answer.location == "/imports/"
    assert "larger than 16 MB" in words(operator.get("/imports/").text)


def test_a_file_name_with_markup_and_paths_is_text(operator: FlaskClient, house: House) -> None:
    name = "../../etc/<img onerror=alert(1)>.xlsx"
    address = send(operator, workbook(spaces=[SPACES, room()]), name=name).location
    page = operator.get(address).text
    assert "<img" not in page
    assert "&lt;img" in page


def test_a_formula_in_a_cell_is_refused_not_computed(operator: FlaskClient, session: Session, house: House) -> None:
    address = send(operator, workbook(spaces=[SPACES, room(name='=HYPERLINK("http://x")')])).location
    assert "1 error" in words(operator.get(address).text)


@pytest.mark.parametrize(("language", "first"), [("zh", "基地编码"), ("en", "code")])
def test_the_template_comes_with_the_headers_asked_for_and_imports_as_nothing(
    operator: FlaskClient, house: House, language: str, first: str
) -> None:
    answer = operator.get(f"/imports/template-{language}.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.worksheets[1]["A1"].value == first
    page = operator.get(send(operator, answer.data).location)
    assert "Everything in it is stored already" in words(page.text)
    assert operator.get("/imports/template-fr.xlsx").status_code == 404


def test_a_kept_description_speaks_no_secret_and_survives_the_round_trip(
    operator: FlaskClient, web_settings: Settings, house: House
) -> None:
    send(operator, workbook(spaces=[SPACES, room(kind="kitchen")]))
    (folder,) = (web_settings.data_dir / kept.FOLDER).iterdir()
    described: dict[str, Any] = json.loads((folder / kept.CHECK).read_text("utf-8"))
    assert described["owner"] == str(house.people["operator"].id)
    assert Path(folder / kept.WORKBOOK).stat().st_size == described["size"]
