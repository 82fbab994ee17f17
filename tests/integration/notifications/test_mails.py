"""What the mails say, word by word: rendered texts are compared with golden files.

`UPDATE_GOLDEN=1 pytest tests/integration/notifications/test_mails.py` writes them anew; read the difference.
"""

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import pytest

from shared_base.core.actor import ROLES
from shared_base.notifications.kinds import MAIL_KIND_OF
from shared_base.notifications.mails import FOLDER, LANGUAGES, ROLE_NAMES, render
from shared_base.notifications.times import spoken_span

GOLDEN = Path(__file__).parents[2] / "data" / "golden" / "mail"
BASE_URL = "https://base.example.com"
INVITED = {"role": "front_desk", "scope": "番禺万博直播基地", "inviter": "王芳", "path": "/invitations/" + "s" * 43}
GRANTED = {"inviter": "王芳", "path": "/"}
WHEN = "2026-11-02T04:00:00+00:00"

NIGHT = {"start": "2026-11-21T12:00:00+00:00", "end": "2026-11-21T18:00:00+00:00"}
WAS = {"start": "2026-11-20T12:00:00+00:00", "end": "2026-11-22T14:30:00+00:00", "studio": "A305", "host": "小雨"}
#: what a template says of a booking beside its place and time
SAID: dict[str, dict[str, Any]] = {
    "booking_moved": {"was": {name: WAS[name] for name in ("start", "end")}, "kit_changed": False},
    "booking_hit": {"alternatives": ["A305", "A308"], "closed": NIGHT, "next": NIGHT},
    "booking_delayed": {"alternatives": ["A305", "A308"]},
    "hold_ending": {"until": "2026-11-02T04:30:00+00:00"},
    "waitlist_offer": {"until": "2026-11-02T04:30:00+00:00"},
}
#: what the system does by itself
BY_ITSELF = {"booking_delayed", "booking_no_show", "hold_ending", "hold_lapsed", "waitlist_offer", "booking_reminder"}
GIVING_REASONS = {"booking_cancelled", "booking_declined", "booking_hit"}


def about(template: str, *, number: int = 1, by: str | None = None, **said: Any) -> dict[str, Any]:
    """The values of a mail about bookings, as `letters` makes them."""
    booking = {
        "code": "BK-7F3K9Q", "title": "晚八点专场", "studio": "A306", "host": "林晓", "hold_until": "",
        "zone": "Asia/Shanghai", **NIGHT, **SAID.get(template, {}), **said,
    }  # fmt: skip
    return {
        "base": "番禺万博直播基地",
        "tenant": "星耀传媒有限公司",
        "zone": "Asia/Shanghai",
        "by": by if by is not None else "" if template in BY_ITSELF else "王芳",
        "reason": "空调检修" if template in GIVING_REASONS else "",
        "number": number,
        "bookings": [booking] * min(number, 3),
        "path": "/bookings" if number > 1 else "/bookings/0198f3c2-6d3a-7b1e-9c55-2f6d1a4b7e90",
    }


#: name of the golden file → template, values
SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "invitation": ("invitation", INVITED),
    "invitation-everywhere": ("invitation", {**INVITED, "role": "reviewer", "scope": "", "inviter": ""}),
    "invitation-again": ("invitation", {"path": INVITED["path"]}),
    "password-reset": ("password_reset", {"path": "/password-resets/" + "s" * 43}),
    "password-changed": ("password_changed", {"when": WHEN}),
    "two-factor-on": ("two_factor", {"on": True, "when": WHEN}),
    "two-factor-off": ("two_factor", {"on": False, "when": WHEN}),
    "role-granted": (
        "role_granted",
        {"role": "tenant_owner", "scope": "星耀传媒有限公司", "inviter": "王芳", "path": "/"},
    ),
    "role-granted-everywhere": ("role_granted", {"role": "admin", "scope": "", "inviter": "", "path": "/"}),
    **{f"{template.replace('_', '-')}": (template, about(template)) for template in MAIL_KIND_OF},
    "booking-moved-everything": ("booking_moved", about("booking_moved", was=WAS, kit_changed=True)),
    "booking-cancelled-series": ("booking_cancelled", about("booking_cancelled", number=90)),
    "booking-delayed-no-studio": ("booking_delayed", about("booking_delayed", alternatives=[])),
    "hold-lapsed-given-up": ("hold_lapsed", about("hold_lapsed", by="王芳")),
}


def request(template: str, values: dict[str, Any], *, locale: str = "zh_Hans_CN", name: str = "李娜") -> dict[str, Any]:
    return {"template": template, "to": "li.na@example.com", "name": name, "locale": locale, "values": values}


@pytest.mark.parametrize("locale", sorted(LANGUAGES))
@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_a_mail_says_what_its_golden_file_says(sample: str, locale: str) -> None:
    template, values = SAMPLES[sample]
    mail = render(
        request(template, values, locale=locale, name="李娜" if locale != "en" else "Li Na"), base_url=BASE_URL
    )
    for suffix, text in (("txt", f"Subject: {mail.subject}\n\n{mail.text}"), ("html", mail.html)):
        golden = GOLDEN / locale / f"{sample}.{suffix}"
        if os.environ.get("UPDATE_GOLDEN"):
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(text, encoding="utf-8")
        assert text == golden.read_text(encoding="utf-8")


def test_every_mail_exists_in_every_language_and_every_one_has_a_golden_file() -> None:
    names = {locale: {path.stem for path in (FOLDER / locale).iterdir()} for locale in LANGUAGES}
    assert names["zh_Hans_CN"] == names["en"] == {template for template, _ in SAMPLES.values()}
    assert all(set(ROLES) == set(ROLE_NAMES[locale]) for locale in LANGUAGES)


def test_every_address_in_a_mail_is_the_installations_own() -> None:
    for template, values in SAMPLES.values():
        mail = render(request(template, values), base_url=BASE_URL)
        for text in (mail.text, mail.html):
            assert set(re.findall(r"https?://[^/\s\"<]+", text)) == {BASE_URL}


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "evil.example"])
def test_what_is_no_path_of_ours_never_becomes_a_link(path: str) -> None:
    with pytest.raises(ValueError, match="not a path of ours"):
        render(request("password_reset", {"path": path}), base_url=BASE_URL)


def test_a_name_makes_no_markup_no_paragraph_no_header_and_no_action() -> None:
    name = "Eve\n\n[Sign in](https://evil.example/)\r\nBcc: all@example.com <img src=x onerror=alert(1)>\x0b"
    mail = render(request("invitation", {**INVITED, "inviter": name, "scope": name}, name=name), base_url=BASE_URL)
    assert "\n" not in mail.subject
    assert "<img" not in mail.html
    assert re.findall(r'href="([^"]+)"', mail.html) == [BASE_URL + INVITED["path"]]
    assert not any(line.startswith(("[Sign in]", "Bcc:")) for line in mail.text.splitlines())


def test_what_people_call_a_booking_makes_no_action_and_no_paragraph_of_its_own() -> None:
    evil = "x\n\n[Sign in](https://evil.example/)\n\n"
    values = {**about("booking_cancelled", title=evil, studio=evil), "tenant": evil, "reason": evil, "by": evil}
    mail = render(request("booking_cancelled", values), base_url=BASE_URL)
    assert re.findall(r'href="([^"]+)"', mail.html) == [BASE_URL + values["path"]]
    assert "\n" not in mail.subject


@pytest.mark.parametrize(
    ("zone", "start", "end", "chinese", "english"),
    [
        ("Asia/Shanghai", "2026-11-21T12:00Z", "2026-11-21T14:00Z",
         "2026年11月21日（周六）20:00–22:00", "Sat 21 Nov 2026, 20:00–22:00"),
        ("Asia/Shanghai", "2026-11-21T12:00Z", "2026-11-21T18:00Z",
         "2026年11月21日（周六）20:00–次日 02:00", "Sat 21 Nov 2026, 20:00–02:00 the next day"),
        ("Asia/Shanghai", "2026-11-21T12:00Z", "2026-11-21T16:00Z",
         "2026年11月21日（周六）20:00–次日 00:00", "Sat 21 Nov 2026, 20:00–00:00 the next day"),
        ("Asia/Urumqi", "2026-12-31T12:00Z", "2027-01-02T02:00Z",
         "2026年12月31日（周四）18:00 – 2027年1月2日（周六）08:00",
         "Thu 31 Dec 2026, 18:00 – Sat 2 Jan 2027, 08:00"),
    ],
)  # fmt: skip
def test_times_are_told_on_the_bases_clock(zone: str, start: str, end: str, chinese: str, english: str) -> None:
    first, last = (datetime.fromisoformat(it).astimezone(ZoneInfo(zone)) for it in (start, end))
    assert (spoken_span(first, last, "zh_Hans_CN"), spoken_span(first, last, "en")) == (chinese, english)


def test_a_mail_for_which_a_value_is_missing_is_an_error_and_no_mail() -> None:
    for template, values in (("password_reset", {}), ("two_factor", {"when": WHEN})):
        with pytest.raises(jinja2.UndefinedError):
            render(request(template, values), base_url=BASE_URL)
