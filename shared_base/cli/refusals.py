"""How a command refuses: one clear line on stderr, or problem JSON under --json; exit status 1."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import click
from babel.support import Translations

from shared_base.core.errors import SharedBaseError


class Refusals:
    """Knows whether this call wants JSON, also when it was refused before its options were read."""

    def __init__(self, arguments: list[str]) -> None:
        self.json = "--json" in arguments
        self.zh = (
            os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
        ).startswith("zh")

    def refused(self, error: SharedBaseError) -> int:
        text = error.text(self.translation())
        if self.json:
            document = {"type": error.type, "title": error.title, "status": error.status, "detail": text, **error.extra}
            click.echo(json.dumps(document, ensure_ascii=False), err=True)
        else:
            click.echo(text, err=True)
            for line in error.extra.get("lines", ()):
                click.echo(f"  {line}", err=True)
        return 1

    def fault(self, error: OSError) -> int:
        """A file that cannot be read or written is the caller's to mend: named, without a traceback."""
        where = f" {error.filename}" if error.filename else ""
        click.echo(f"{error.strerror or error}{where}", err=True)
        return 1

    def translation(self) -> Callable[[str], str] | None:
        """From English templates to the language of the terminal (LC_ALL, LC_MESSAGES, LANG); None: English."""
        if not self.zh:
            return None
        folder = Path(__file__).resolve().parents[2] / "translations"
        found: Callable[[str], str] = Translations.load(str(folder), ["zh_Hans_CN"]).gettext
        return found
