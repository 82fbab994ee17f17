"""The own account: profile, password, second factor, devices, tokens."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from shared_base.core.clock import FixedClock
from shared_base.people import tokens
from shared_base.people.models import ApiToken, SignInSession, User
from tests.factories.catalogue import make_base
from tests.web.people.conftest import PASSWORD

Open = Callable[..., FlaskClient]
Person = Callable[..., User]
NEW = "harbour seven kites"


def test_name_and_language_are_changed_and_the_pages_follow(session: Session, person: Person, at_home: Open) -> None:
    anna = person()
    browser = at_home(anna)
    assert browser.post("/account", data={"name": " ", "locale": "en"}).status_code == 422
    assert browser.post("/account", data={"name": "安娜", "locale": "fr"}).status_code == 422
    assert browser.post("/account", data={"name": "安娜", "locale": "zh_Hans_CN"}).status_code == 303
    page = browser.get("/account").text
    assert 'lang="zh-Hans-CN"' in page
    assert "安娜" in page


def test_nothing_but_name_and_language_can_be_posted_to_the_profile(
    session: Session, person: Person, at_home: Open
) -> None:
    anna = person()
    data = {"name": "安娜", "locale": "en", "email": "other@example.com", "role": "admin", "disabled_at": "", "id": "1"}
    at_home(anna).post("/account", data=data)
    session.expire_all()
    assert anna.email != "other@example.com"


def test_the_account_lists_the_roles_and_what_they_open(session: Session, person: Person, at_home: Open) -> None:
    base = make_base(session, name="万博基地")
    page = at_home(person("front_desk", base=base)).get("/account").text
    assert "Front desk · 万博基地" in page
    assert "hold no role yet" in at_home(person()).get("/account").text


def test_the_password_is_changed_with_the_current_one_and_other_devices_are_signed_out(
    person: Person, at_home: Open, stranger: Open
) -> None:
    anna = person()
    here, elsewhere = at_home(anna), at_home(anna)
    for data, text in (
        ({"current": "violin moss harbor", "password": NEW}, "not right"),
        ({"current": PASSWORD, "password": "short"}, "at least 12"),
        ({"current": PASSWORD}, "required"),
    ):
        refused = here.post("/account/password", data=data)
        assert refused.status_code == 422
        assert text in refused.text
    assert elsewhere.get("/account").status_code == 200
    assert here.post("/account/password", data={"current": PASSWORD, "password": NEW}).status_code == 303
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    assert stranger().post("/sign-in", data={"email": anna.email, "password": NEW}).status_code == 303


def test_guessing_the_current_password_at_an_open_session_answers_429(person: Person, at_home: Open) -> None:
    browser = at_home(person())
    for _ in range(10):
        browser.post("/account/password", data={"current": "violin moss harbor", "password": NEW})
    refused = browser.post("/account/password", data={"current": PASSWORD, "password": NEW})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")


def test_the_second_factor_is_set_up_by_qr_code_and_turned_off_with_the_password(
    person: Person, at_home: Open, clock: FixedClock
) -> None:
    anna = person()
    browser, elsewhere = at_home(anna), at_home(anna)
    assert browser.post("/account/two-step", data={"current": "violin moss harbor"}).status_code == 422
    begun = browser.post("/account/two-step", data={"current": PASSWORD})
    assert begun.status_code == 200
    assert "<svg" in begun.text
    secret = re.sub(r"\s", "", re.search(r'class="qr-text">([A-Z2-7 ]+)<', begun.text)[1])  # type: ignore[index]
    wrong = browser.post("/account/two-step/confirmation", data={"code": "000000"})
    assert wrong.status_code == 422
    # whoever finds the browser open later does not read the secret
    for page in (wrong, browser.get("/account/two-step")):
        assert "<svg viewBox" not in page.text
        assert secret[:8] not in page.text.replace(" ", "")
    done = browser.post("/account/two-step/confirmation", data={"code": pyotp.TOTP(secret).at(clock.now())})
    assert done.status_code == 303
    assert "is on" in browser.get("/account/two-step").text
    assert elsewhere.get("/account").status_code == 303
    assert browser.post("/account/two-step", data={"current": PASSWORD}).status_code == 409
    assert browser.post("/account/two-step/removal", data={"current": "violin moss harbor"}).status_code == 422
    assert browser.post("/account/two-step/removal", data={"current": PASSWORD}).status_code == 303
    assert "Show the QR code" in browser.get("/account/two-step").text


def test_devices_are_listed_and_signed_out_one_by_one_or_all_others(
    session: Session, person: Person, at_home: Open
) -> None:
    anna = person()
    here, phone, tablet = (at_home(anna) for _ in range(3))
    page = here.get("/account/sessions").text
    assert page.count('/end"') == 2  # every device but this one has its button
    first = re.search(r"/account/sessions/([0-9a-f-]+)/end", page)[1]  # type: ignore[index]
    assert here.post(f"/account/sessions/{first}/end").status_code == 303
    assert sorted(browser.get("/account").status_code for browser in (here, phone, tablet)) == [200, 200, 303]
    assert here.post("/account/sessions/end-others").status_code == 303
    assert sorted(browser.get("/account").status_code for browser in (here, phone, tablet)) == [200, 303, 303]


def test_nobody_ends_somebody_elses_session_or_token(
    session: Session, person: Person, at_home: Open, clock: FixedClock
) -> None:
    anna, eva = person("admin"), person()
    theirs = at_home(eva)
    session_id = session.scalar(sa.select(SignInSession.id).filter_by(user_id=eva.id))
    token = tokens.create(session, user_id=eva.id, name="kiosk", at=clock.now())
    session.commit()
    browser = at_home(anna)
    for path in (f"/account/sessions/{session_id}/end", f"/account/tokens/{token.id}/revocation"):
        assert browser.post(path).status_code == 404
    assert theirs.get("/account").status_code == 200


def test_a_token_is_made_with_the_password_shown_once_used_and_revoked(
    session: Session, person: Person, at_home: Open, clock: FixedClock
) -> None:
    anna = person("admin")
    browser = at_home(anna)
    data = {"name": "kiosk", "days": "30", "current": PASSWORD}
    assert browser.post("/account/tokens", data={**data, "current": "violin moss harbor"}).status_code == 422
    assert browser.post("/account/tokens", data={**data, "days": "9999"}).status_code == 422
    made = browser.post("/account/tokens", data=data)
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    secret = re.search(r"sb_[\w-]{43}", made.text)[0]  # type: ignore[index]
    assert secret not in browser.get("/account/tokens").text
    token = session.scalars(sa.select(ApiToken)).one()
    assert token.expires_at == clock.now() + timedelta(days=30)
    headers = {"Authorization": f"Bearer {secret}"}
    assert browser.get("/api/v1/bases", headers=headers).status_code == 200
    assert browser.post(f"/account/tokens/{token.id}/revocation").status_code == 303
    assert browser.get("/api/v1/bases", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "path", ["/account", "/account/password", "/account/two-step", "/account/sessions", "/account/tokens"]
)
def test_every_page_of_the_account_is_for_whoever_is_signed_in(
    person: Person, at_home: Open, stranger: Open, path: str
) -> None:
    assert at_home(person()).get(path).status_code == 200
    assert stranger().get(path).location == f"/sign-in?next={path}"


def test_ids_that_are_none_are_not_found(person: Person, at_home: Open) -> None:
    browser = at_home(person("admin"))
    nobody = UUID(int=0)
    for path in (
        f"/account/sessions/{nobody}/end", f"/account/tokens/{nobody}/revocation", "/account/sessions/x/end",
        f"/people/{nobody}/disabling", f"/people/{nobody}/enabling", f"/people/{nobody}/password-reset",
        f"/people/{nobody}/two-step-reset", f"/people/{nobody}/invitation", f"/people/{nobody}/roles",
        f"/people/{nobody}/roles/{nobody}/end",
    ):  # fmt: skip
        assert browser.post(path).status_code == 404, path
