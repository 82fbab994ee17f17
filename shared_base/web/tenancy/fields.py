"""Fields of these forms: amounts in yuan, months, and spans of days."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from wtforms import DateField, FieldList, Form, FormField, StringField
from wtforms.validators import Optional, ValidationError
from wtforms.widgets import MonthInput

from shared_base.core.errors import Invalid
from shared_base.core.fields import faulty
from shared_base.core.i18n import N_
from shared_base.core.money import yuan
from shared_base.core.periods import DaySpan, Month

_AMOUNT = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,2}))?", re.ASCII)
#: thousands, as people and spreadsheets write them: groups of three, or none at all
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)


class YuanField(StringField):  # type: ignore[misc]
    """An amount as people write it in yuan, `12,345.60`; `data` is fen. Exponents and third decimals are refused."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.text = valuelist[0] if valuelist else ""
        self.data = None
        typed = unicodedata.normalize("NFKC", self.text).strip().removeprefix("¥").strip()
        if not typed:
            return
        match = _AMOUNT.fullmatch(typed.replace(",", "") if _GROUPED.fullmatch(typed) else typed)
        if match is None:
            raise ValidationError(_("Write an amount in yuan, for example 12345.60."))
        sign, whole, cents = match[1], match[2], (match[3] or "").ljust(2, "0")
        self.data = int(f"{sign}{whole}{cents}")

    def _value(self) -> str:
        if self.data is None:
            return getattr(self, "text", "")
        return yuan(self.data).replace(",", "")


class MonthField(StringField):  # type: ignore[misc]
    """A calendar month; `data` is a `Month`."""

    widget = MonthInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        self.text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if self.text:
            try:
                self.data = Month.parse(self.text)
            except Invalid as error:
                raise ValidationError(error.text(_)) from None

    def _value(self) -> str:
        return str(self.data) if self.data is not None else getattr(self, "text", "")


class DaysForm(Form):  # type: ignore[misc]
    """A first and a last day, both included."""

    first = DateField(validators=[Optional()])
    last = DateField(validators=[Optional()])


class SpansField(FieldList):  # type: ignore[misc]
    """Spans of days, a pair of inputs each. The page shows those there are and some empty pairs for more."""

    EMPTY = 2

    def __init__(self, label: Any = None, **options: Any) -> None:
        super().__init__(FormField(DaysForm), label, max_entries=24, **options)

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """As its entries say; what is wrong with them is told once, for the field as a whole."""
        valid = bool(super().validate(form, extra_validators))
        if not valid:
            self.errors = [_("Write each day as a date, for example 2026-03-01.")]
        return valid

    def offer(self, spans: Iterable[DaySpan] = ()) -> None:
        """Fill an unsent form: the spans as they are, then empty pairs."""
        for span in spans:
            self.append_entry({"first": span.first, "last": span.last})
        for _pair in range(self.EMPTY):
            self.append_entry()

    def spans(self) -> list[DaySpan]:
        """What was entered; empty pairs are left out. Raises `Invalid` for half a pair or one that runs backwards."""
        pairs = [(pair.form.first.data, pair.form.last.data) for pair in self.entries]
        if any((first is None) != (last is None) for first, last in pairs):
            raise faulty(self.short_name, N_("A period has a first and a last day: give both, or clear both."))
        return [DaySpan(first, last) for first, last in pairs if first]
