"""The pages of tenants: found, entered, admitted, changed, suspended and let back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.audit import AuditEntry
from shared_base.tenancy.models import Admission, Tenant
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base
from tests.factories.tenancy import make_tenant, make_uscc
from tests.web.tenancy.house import House, words

GOOD = {
    "name": "云裳服饰",
    "kind": "brand",
    "contact_name": "周",
    "contact_phone": "0451-8888 0000",
    "division_code": "",
}


def usccs(session: Session) -> set[str]:
    return set(session.scalars(sa.select(Tenant.uscc)))


def test_a_new_tenant_is_entered_admitted_and_shown(operator: FlaskClient, session: Session, house: House) -> None:
    code = make_uscc()
    answer = operator.post("/tenants/new", data=GOOD | {"uscc": f" {code.lower()} "}, follow_redirects=True)
    assert answer.status_code == 200
    assert "云裳服饰" in words(answer.text)
    tenant = session.scalars(sa.select(Tenant).where(Tenant.uscc == code)).one()
    assert session.get(Admission, (tenant.id, house.base.id)) is not None


@pytest.mark.parametrize(
    ("language", "said"), [("en", "is not a unified social credit code"), ("zh_Hans_CN", "统一社会信用代码")]
)
def test_a_bad_code_is_told_beside_its_field_in_the_readers_language_and_enters_nothing(
    browser_of: Callable[..., FlaskClient], session: Session, house: House, language: str, said: str
) -> None:
    before = usccs(session)
    answer = browser_of("operator", language=language).post("/tenants/new", data=GOOD | {"uscc": "91440113000000000X"})
    assert answer.status_code == 422
    error = answer.text.split('id="uscc-error"')[1].split("</p>")[0]
    assert said in error
    assert usccs(session) == before


def test_a_code_whose_check_digit_fails_is_accepted_with_a_reason_that_the_audit_trail_keeps(
    operator: FlaskClient, session: Session, house: House
) -> None:
    good = make_uscc()
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    refused = operator.post("/tenants/new", data=GOOD | {"uscc": wrong})
    assert refused.status_code == 422
    assert 'name="override_reason"' in refused.text
    reason = "营业执照原件已核对"
    answer = operator.post(
        "/tenants/new", data=GOOD | {"uscc": wrong, "override_reason": reason}, follow_redirects=True
    )
    assert reason in words(answer.text)
    tenant = session.scalars(sa.select(Tenant).where(Tenant.uscc == wrong)).one()
    trail = session.scalars(sa.select(AuditEntry).where(AuditEntry.subject_id == str(tenant.id))).all()
    assert any((entry.after or {}).get("uscc_override_reason") == reason for entry in trail)


def test_a_tenant_that_another_base_entered_is_offered_for_admission_and_admitted(
    operator: FlaskClient, session: Session, house: House
) -> None:
    known = make_tenant(session, make_base(session), name="海禾传媒")
    session.commit()
    refused = operator.post("/tenants/new", data=GOOD | {"uscc": known.uscc})
    assert refused.status_code == 409
    assert "海禾传媒 is known already" in words(refused.text)
    answer = operator.post("/tenants/admission", data={"uscc": known.uscc}, follow_redirects=True)
    assert "海禾传媒" in words(answer.text)
    assert session.get(Admission, (known.id, house.base.id)) is not None


def test_admitting_a_code_that_nobody_knows_is_refused(operator: FlaskClient) -> None:
    answer = operator.post("/tenants/admission", data={"uscc": make_uscc()})
    assert answer.status_code == 404
    assert "There is no such tenant" in words(answer.text)


def test_a_change_with_a_bad_telephone_number_keeps_what_was_there(
    operator: FlaskClient, session: Session, house: House
) -> None:
    answer = operator.post(f"/tenants/{house.own.id}/edit", data=GOOD | {"contact_phone": "call me"})
    assert answer.status_code == 422
    assert "is not a telephone number" in words(answer.text)
    session.expire_all()
    assert session.get_one(Tenant, house.own.id).name == "松雪传媒"
    operator.post(f"/tenants/{house.own.id}/edit", data=GOOD)
    session.expire_all()
    assert session.get_one(Tenant, house.own.id).name == "云裳服饰"


def test_a_suspended_tenant_shows_why_and_is_let_back(operator: FlaskClient, session: Session, house: House) -> None:
    address = f"/tenants/{house.own.id}"
    assert operator.post(f"{address}/suspension", data={"reason": ""}).status_code == 422
    assert session.get_one(Tenant, house.own.id).suspended_at is None
    page = operator.post(f"{address}/suspension", data={"reason": "三个月未付租金"}, follow_redirects=True)
    assert "三个月未付租金" in words(page.text)
    again = operator.post(f"{address}/suspension", data={"reason": "x"})
    assert again.status_code == 409
    page = operator.post(f"{address}/resumption", follow_redirects=True)
    assert "三个月未付租金" not in words(page.text)
    assert "may book again" in words(page.text)


def test_a_list_is_searched_filtered_sorted_and_exported(operator: FlaskClient, session: Session, house: House) -> None:
    make_tenant(session, house.base, name="万博直播", kind="platform", contact_name="梁经理")
    session.commit()
    assert "万博直播" in words(operator.get("/tenants/?q=万博").text)
    assert "松雪传媒" not in words(operator.get("/tenants/?q=梁经理").text)
    assert "松雪传媒" not in words(operator.get("/tenants/?kind=platform").text)
    assert "No tenant matches" in words(operator.get("/tenants/?state=suspended").text)
    assert "No tenant matches" in words(operator.get("/tenants/?q=%25").text)
    by_area = words(operator.get("/tenants/?sort=-area").text)
    assert by_area.index("松雪传媒") < by_area.index("万博直播")
    sheet = operator.get("/tenants/?format=csv&kind=platform")
    assert sheet.mimetype == "text/csv"
    assert "万博直播" in sheet.text
    assert "松雪传媒" not in sheet.text


def test_a_page_of_a_tenant_joins_leases_hosts_bookings_and_what_is_owed(
    operator: FlaskClient, session: Session, house: House
) -> None:
    start = datetime(2026, 11, 1, 12, tzinfo=UTC)
    end = start + timedelta(hours=3)
    make_booking(session, house.studios[0], house.own, start, end, state="completed", title="秋冬专场")
    session.commit()
    text = words(operator.get(f"/tenants/{house.own.id}").text)
    for expected in ("L-OWN", "小鹿", "秋冬专场", "In arrears", house.people["tenant_owner"].name):
        assert expected in text


def test_somebodys_markup_stays_text(operator: FlaskClient, session: Session, house: House) -> None:
    house.own.name = "<img src=x onerror=alert(1)>"
    session.commit()
    for path in ("/tenants/", f"/tenants/{house.own.id}", f"/leases/{house.lease.id}"):
        assert "<img src=x" not in operator.get(path).text
