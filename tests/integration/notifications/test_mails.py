"""What the mails say, word by word: rendered texts are compared with golden files.

`UPDATE_GOLDEN=1 pytest tests/integration/notifications/test_mails.py` writes them anew; read the difference.
"""

import os
import re
from pathlib import Path
from typing import Any

import jinja2
import pytest

from shared_base.core.actor import ROLES
from shared_base.notifications.mails import FOLDER, LANGUAGES, ROLE_NAMES, render

GOLDEN = Path(__file__).parents[2] / "data" / "golden" / "mail"
BASE_URL = "https://base.example.com"
INVITED = {"role": "front_desk", "scope": "番禺万博直播基地", "inviter": "王芳", "path": "/invitations/" + "s" * 43}
GRANTED = {"inviter": "王芳", "path": "/"}
WHEN = "2026-11-02T04:00:00+00:00"

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


def test_a_mail_for_which_a_value_is_missing_is_an_error_and_no_mail() -> None:
    for template, values in (("password_reset", {}), ("two_factor", {"when": WHEN})):
        with pytest.raises(jinja2.UndefinedError):
            render(request(template, values), base_url=BASE_URL)
