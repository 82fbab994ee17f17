"""Forms of pages: parsed by WTForms, refused by the domain, both shown beside the field they are about."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectChoice, StringField
from wtforms.validators import ValidationError
from wtforms.widgets import DateTimeLocalInput

from shared_base.core.errors import SharedBaseError
from shared_base.http.language import page_zone, said


class Form(FlaskForm):  # type: ignore[misc]
    """A form that takes a domain refusal: to the field named in `extra["errors"]`, else to the form as a whole."""

    def refuse(self, error: SharedBaseError, **fields: str) -> int:
        """Show `error`; `fields` maps a domain field to this form's name for it. Returns the HTTP status to answer."""
        placed = False
        for name in error.extra.get("errors", {}):
            field = fields.get(name, name)
            if field in self:
                self[field].errors = [*self[field].errors, said(error)]
                placed = True
        if not placed:
            self.form_errors.append(said(error))
        return error.status


class LocalInstantField(StringField):  # type: ignore[misc]
    """A date and time as the base's clock shows it; `data` is the aware instant.

    A time that the zone skips, or has twice, is refused: it would not say which instant is meant.
    """

    widget = DateTimeLocalInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        self.text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not self.text:
            return
        try:
            naive = datetime.fromisoformat(self.text)
            if naive.tzinfo is not None:
                raise ValueError
        except ValueError:
            raise ValidationError(_("Write a date and a time, for example 2026-11-21 20:00.")) from None
        zone = page_zone()
        first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
        if first.utcoffset() != second.utcoffset():
            raise ValidationError(_("The clock changes at that time; choose another minute."))
        self.data = first

    def _value(self) -> str:
        if self.data is not None and isinstance(self.data, datetime):
            return self.data.astimezone(page_zone()).strftime("%Y-%m-%dT%H:%M")
        return getattr(self, "text", "")


def choices(pairs: Any, blank: str | None = None) -> list[SelectChoice]:
    """Options of a select from `(value, label)` pairs; `blank` is the text of the empty one."""
    options = [SelectChoice(str(value), label) for value, label in pairs]
    return [SelectChoice("", blank), *options] if blank is not None else options


__all__ = ["Form", "LocalInstantField", "choices"]
