"""How a command refuses: one clear line on stderr, or problem JSON under --json; exit status 1."""

import json
import os

import click

from shared_base.core.errors import SharedBaseError


class Refusals:
    """Knows whether this call wants JSON, also when it was refused before its options were read."""

    def __init__(self, arguments: list[str]) -> None:
        self.json = "--json" in arguments
        self.zh = (os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "").startswith(
            "zh"
        )

    def refused(self, error: SharedBaseError) -> int:
        text = error.text(self._translation())
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

    def _translation(self):  # type: ignore[no-untyped-def]
        if not self.zh:
            return None
        from pathlib import Path

        from babel.support import Translations

        folder = Path(__file__).resolve().parents[2] / "translations"
        return Translations.load(str(folder), ["zh_Hans_CN"]).gettext
