"""The reader's language and zone: what they chose, else their account's, else the browser's, else the setting."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import g, has_request_context, request
from flask_babel import get_locale, gettext
from flask_login import current_user

from shared_base.core.errors import SharedBaseError
from shared_base.http.extensions import settings

LOCALES = {"zh_Hans_CN": "简体中文", "en": "English"}
LOCALE_COOKIE = "locale"


def select_locale() -> str:
    chosen = request.cookies.get(LOCALE_COOKIE) if has_request_context() else None
    if chosen in LOCALES:
        return chosen
    # the caller is asked only where a page already knows them: choosing a language must not cost a query
    if "_login_user" in g and current_user.is_authenticated:
        return str(current_user.identity.locale)
    wanted = request.accept_languages.best_match(["zh-CN", "zh", "en"]) if has_request_context() else None
    if wanted:
        return "en" if wanted == "en" else "zh_Hans_CN"
    return settings().locale


def locale_code() -> str:
    """`zh_Hans_CN` or `en`."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh_Hans_CN"


def translate(text: str) -> str:
    """A domain room's English template in the reader's language; values are filled in afterwards."""
    return str(gettext(text))


def said(error: SharedBaseError) -> str:
    """A refusal in the reader's language."""
    return error.text(translate)


def page_zone() -> ZoneInfo:
    """The zone in which this page shows instants: that of the base it is about."""
    zone: Any = g.get("zone")
    return ZoneInfo(zone) if zone else ZoneInfo("Asia/Shanghai")
