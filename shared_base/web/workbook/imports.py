"""导入: the operator's workbook, checked by a dry run, shown, and only then stored."""

import io
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response, after_this_request, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse
from wtforms import BooleanField

from shared_base.catalogue.models import Base
from shared_base.core.errors import SharedBaseError
from shared_base.core.events import Event, event_row, record_events
from shared_base.core.i18n import N_
from shared_base.http.exports import XLSX, attachment
from shared_base.http.extensions import now, session, settings
from shared_base.http.forms import Form
from shared_base.http.guards import allow
from shared_base.http.identity import current_actor, identity
from shared_base.http.language import locale_code, said, translate
from shared_base.http.transactions import writes
from shared_base.web.current import base_choices, current_base_or_none
from shared_base.web.workbook import kept
from shared_base.web.workbook.permitted import import_for
from shared_base.workbook.error_report import write_xlsx
from shared_base.workbook.errors import CellError, WorkbookInvalid
from shared_base.workbook.plans import DIFFERS
from shared_base.workbook.reading import Workbook, read_workbook
from shared_base.workbook.result import ImportResult
from shared_base.workbook.sheets import SHEETS
from shared_base.workbook.sources import UPLOAD
from shared_base.workbook.template import Language, write_template

bp = Blueprint("imports", __name__, url_prefix="/imports")

LONGEST_NAME = 200
LARGEST = 16  # MB, as the application accepts a request
IMPORTED = "workbook.imported"
#: what the command says of `--update`, said of the page's own box
_DIFFERS_HERE = N_("%(key)s is stored with “%(stored)s”, here it has “%(found)s”; check with corrections to record it")


class UploadForm(Form):
    file = FileField(_l("Workbook (.xlsx)"), [FileRequired(_l("Choose a file first."))])
    update = BooleanField(
        _l("Record corrections"),
        description=_l(
            "A row that differs from what is stored is otherwise an error. With this, it corrects what is stored; "
            "the audit trail keeps what was there before. Payments are never changed."
        ),
    )


def _language() -> Language:
    return "en" if locale_code() == "en" else "zh"


def _new_page(form: UploadForm) -> str:
    return render_template(
        "workbook/new.html", form=form, sheets=SHEETS, lang=_language(), recent=_recent(), largest=LARGEST,
        rows=UPLOAD.rows - 1, minutes=int(kept.LASTS.total_seconds() // 60),
    )  # fmt: skip


def _recent() -> list[Event]:
    """The imports into the current base, newest first."""
    base = current_base_or_none()
    if base is None:
        return []
    query = (
        sa.select(Event).where(Event.subject_id == base.id, Event.kind == IMPORTED).order_by(Event.id.desc()).limit(5)
    )
    return list(session().scalars(query))


@bp.get("/")
@allow("operator")
def new() -> str:
    kept.sweep(settings().data_dir, at=now())
    return _new_page(UploadForm())


@bp.post("/")
@allow("operator")
@writes
def check() -> tuple[str, int] | BaseResponse:
    """Read the upload and try it out: nothing is stored but the file, for a quarter of an hour."""
    form = UploadForm()
    status = 422
    if form.validate_on_submit():
        name = (form.file.data.filename or "")[-LONGEST_NAME:]
        try:
            return _checked(form.file.data.stream.read(), name, update=form.update.data)
        except SharedBaseError as error:
            form.file.errors = [said(error)]
            status = error.status
    return _new_page(form), status


def _checked(data: bytes, name: str, *, update: bool) -> BaseResponse:
    """Keep the file with what the dry run says of it, and go there. A file that is no workbook is refused at once."""
    workbook = read_workbook(io.BytesIO(data), UPLOAD)
    try:
        result = import_for(session(), workbook, by=current_actor(), at=now(), update=update, dry_run=True)
        checked = kept.Checked(update, result)
    except WorkbookInvalid as invalid:
        checked = kept.Checked(update, None, invalid.errors, invalid.more)
    token = kept.keep(settings().data_dir, data, owner=identity().user_id, name=name, checked=checked, at=now())
    return redirect(url_for("imports.show", token=token), 303)


def _upload(token: UUID) -> kept.Upload:
    return kept.find(settings().data_dir, token, owner=identity().user_id, at=now())


@bp.get("/<uuid:token>")
@allow("operator")
def show(token: UUID) -> str:
    if done := _imported(token):
        counts = done.payload["sheets"]
        ordered = {sheet.name: counts[sheet.name] for sheet in SHEETS if sheet.name in counts}
        return render_template("workbook/done.html", done=done, counts=ordered, sheets=_sheet_names())
    upload = _upload(token)
    checked = upload.checked
    return render_template(
        "workbook/check.html", upload=upload, checked=checked, result=checked.result, sheets=_sheet_names(),
        errors=[_shown(error) for error in checked.errors], translate=translate,
        differs=any(error.message == DIFFERS for error in checked.errors),
    )  # fmt: skip


def _imported(token: UUID) -> Event | None:
    """The import that came of this check, once it is done, as its bases tell of it."""
    own = Event.payload["upload"].astext == str(token)
    subjects = [token, *(base.id for base in base_choices())]
    query = sa.select(Event).where(Event.subject_id.in_(subjects), Event.kind == IMPORTED, own).limit(1)
    return session().scalar(query)


def _shown(error: CellError) -> dict[str, Any]:
    message = translate(_DIFFERS_HERE) % error.values if error.message == DIFFERS else error.what(translate)
    return {
        "sheet": error.sheet,
        "row": error.row,
        "column": error.column,
        "what": message,
        "expected": error.wanted(translate),
    }


def _sheet_names() -> dict[str, str]:
    """Sheets by name, as the reader's template calls them."""
    return {sheet.name: sheet.zh[0] if _language() == "zh" else sheet.name for sheet in SHEETS}


@bp.post("/<uuid:token>/corrections")
@allow("operator")
@writes
def check_with_corrections(token: UUID) -> BaseResponse:
    """Check the same file again, now with differing rows as corrections."""
    return _checked_again(_upload(token), update=True)


def _checked_again(upload: kept.Upload, *, update: bool) -> BaseResponse:
    """A new check of the same file, in place of the old one."""
    try:
        answer = _checked(upload.content(), upload.name, update=update)
    except SharedBaseError as error:
        return _refused(upload, error)
    kept.forget(settings().data_dir, upload.id)
    return answer


def _refused(upload: kept.Upload, error: SharedBaseError) -> BaseResponse:
    flash(said(error), "danger")
    return redirect(url_for("imports.show", token=upload.id), 303)


@bp.post("/<uuid:token>/import")
@allow("operator")
@writes
def store(token: UUID) -> BaseResponse:
    """Store what was checked. What changed in the house meanwhile counts: it may be refused now."""
    if _imported(token):
        return redirect(url_for("imports.show", token=token), 303)
    upload = _upload(token)
    workbook = read_workbook(io.BytesIO(upload.content()), UPLOAD)
    update = upload.checked.update
    try:
        result = import_for(session(), workbook, by=current_actor(), at=now(), update=update, dry_run=False)
    except WorkbookInvalid:
        flash(
            _("What is stored has changed since the check, and the workbook no longer fits. It was checked again."),
            "danger",
        )
        return _checked_again(upload, update=update)
    except SharedBaseError as error:
        return _refused(upload, error)
    _tell(upload, workbook, result)

    @after_this_request
    def forget(response: Response) -> Response:
        if response.status_code < 400:
            kept.forget(settings().data_dir, token)
        return response

    flash(_("The workbook was imported."), "success")
    return redirect(url_for("imports.show", token=token), 303)


def _tell(upload: kept.Upload, workbook: Workbook, result: ImportResult) -> None:
    """An event for every base that the workbook names; for one that names none, for the current base."""
    codes = {code for (code, *_rest) in workbook.named_keys().get("bases", ())}
    base_ids = list(session().scalars(sa.select(Base.id).where(Base.code.in_(codes)))) if codes else []
    current = current_base_or_none()
    subjects = base_ids or ([current.id] if current else [])
    details = {
        "upload": str(upload.id),
        "file": upload.name,
        "sha256": upload.sha256,
        "update": upload.checked.update,
        "sheets": result.as_json()["sheets"],
        "warnings": sum(result.warning_counts.values()),
    }
    record_events(
        session(),
        [
            event_row(IMPORTED, by=current_actor(), at=now(), subject_id=subject, base_id=subject, **details)
            for subject in subjects
        ]
        or [event_row(IMPORTED, by=current_actor(), at=now(), subject_id=upload.id, **details)],
    )


@bp.get("/<uuid:token>/errors.xlsx")
@allow("operator")
def errors(token: UUID) -> Response:
    """The errors as a sheet to work through beside the workbook."""
    upload = _upload(token)
    out = io.BytesIO()
    write_xlsx(out, upload.checked.errors, more=upload.checked.more, translate=translate)
    stem = upload.name.rsplit(".", 1)[0]
    return attachment(out.getvalue(), f"{stem} {_('errors')}.xlsx", XLSX)


@bp.get("/template-<any(zh, en):language>.xlsx")
@allow("operator")
def template(language: Language) -> Response:
    """The empty workbook, headers and notes in Chinese (`zh`) or English (`en`)."""
    out = io.BytesIO()
    write_template(out, language)
    name = "shared-base-workbook" if language == "en" else "共享基地导入模板"
    return attachment(out.getvalue(), f"{name}.xlsx", XLSX)


@bp.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> BaseResponse:
    """The body was not read, and neither was who sent it: the form's own page says why."""
    flash(
        _("The file is larger than %(limit)s MB. Split the workbook, or import it by command.", limit=LARGEST), "danger"
    )
    return redirect(url_for("imports.new"), 303)
