"""From a request for mail to its words: `templates/mail/<locale>/<template>.txt`, and the same words as HTML.

A template is a `Subject:` line and paragraphs between empty lines; a paragraph `[label](address)` is the mail's one
action. The HTML is laid out from these same paragraphs, so the two can never say different things. Values are put on
one line each: nobody's name can make a paragraph, a header or an action.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2

from shared_base.notifications.times import filters

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "mail"
ACTION = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)")
CHINA = ZoneInfo("Asia/Shanghai")

LANGUAGES = {"zh_Hans_CN": "zh-Hans-CN", "en": "en"}
SIGNATURES = {
    "zh_Hans_CN": "本邮件由系统自动发送，请勿直接回复。",
    "en": "This message was sent automatically; replies are not read.",
}
ROLE_NAMES = {
    "zh_Hans_CN": {
        "admin": "系统管理员",
        "operator": "基地运营",
        "front_desk": "前台",
        "tenant_owner": "企业负责人",
        "tenant_scheduler": "企业排期员",
        "reviewer": "审核人员",
    },
    "en": {
        "admin": "administrator",
        "operator": "operator",
        "front_desk": "front desk",
        "tenant_owner": "owner",
        "tenant_scheduler": "scheduler",
        "reviewer": "reviewer",
    },
}
MOMENT_FORMATS = {"zh_Hans_CN": "%Y-%m-%d %H:%M（北京时间）", "en": "%Y-%m-%d %H:%M (China time)"}


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; `parameters` stand in its Content-Type (`method` of a calendar)."""

    filename: str
    maintype: str
    subtype: str
    content: bytes
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Mail:
    """A mail ready to be sent: to whom, and what it says."""

    to: str
    name: str
    language: str
    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True)
class Block:
    """A paragraph, or with `url` the mail's action."""

    text: str
    url: str | None = None


def one_line(value: object) -> object:
    """A text on one line without control characters; anything else as it is."""
    if not isinstance(value, str):
        return value
    return "".join(sign for sign in " ".join(value.split()) if sign.isprintable())


@cache
def _environment(locale: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=jinja2.select_autoescape(["html"], default=False),
        undefined=jinja2.StrictUndefined,
        finalize=one_line,
        trim_blocks=False,
        keep_trailing_newline=True,
    )
    environment.filters["role"] = ROLE_NAMES[locale].__getitem__
    environment.filters |= filters(locale)
    environment.filters["moment"] = lambda when: (
        datetime.fromisoformat(when).astimezone(CHINA).strftime(MOMENT_FORMATS[locale])
    )
    return environment


def render(payload: Mapping[str, Any], *, base_url: str) -> Mail:
    """The mail that an outbox payload asks for (`people.mails.post_mail`).

    Every address in it begins with `base_url`, the installation's own. Raises `KeyError`, `jinja2.TemplateError` or
    `ValueError` for a payload that no template can say.
    """
    locale, values = payload["locale"], dict(payload["values"])
    if "path" in values:
        path = values.pop("path")
        if not path.startswith("/") or path.startswith("//"):
            raise ValueError(f"not a path of ours: {path!r}")
        values["url"] = base_url + path
    environment = _environment(locale)
    text = environment.get_template(f"{locale}/{payload['template']}.txt").render(
        {**values, "name": payload["name"], "email": payload["to"]}
    )
    head, _, body = text.partition("\n")
    subject = head.removeprefix("Subject: ")
    assert subject != head, "the first line of a mail's template is its subject"
    blocks = [_block(paragraph) for paragraph in re.split(r"\n{2,}", body.strip())]
    signature = SIGNATURES[locale]
    html = environment.get_template("layout.html").render(
        subject=subject, blocks=blocks, language=LANGUAGES[locale], signature=signature, base_url=base_url
    )
    plain = "\n\n".join(f"{block.text}\n{block.url}" if block.url else block.text for block in blocks)
    return Mail(
        to=payload["to"],
        name=payload["name"],
        language=LANGUAGES[locale],
        subject=subject,
        text=f"{plain}\n\n-- \n{signature}\n{base_url}\n",
        html=html,
    )


def _block(paragraph: str) -> Block:
    action = ACTION.fullmatch(paragraph.strip())
    return Block(action[1], action[2]) if action else Block(paragraph.strip())
