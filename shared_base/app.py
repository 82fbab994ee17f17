"""`create_app` and the console entry: the only file that knows everyone."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from config.settings import Settings
from shared_base.cli.context import CliContext
from shared_base.cli.refusals import Refusals
from shared_base.core.clock import Clock, SystemClock
from shared_base.core.errors import SharedBaseError

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: Settings, *, database_url: str, clock: Clock | None = None) -> Any:
    """The web application: pages and the JSON API over one database. It is the app role's; it never migrates."""
    from apiflask import APIFlask

    from shared_base import api, web
    from shared_base.core.database import make_engine_options
    from shared_base.http import (
        assets,
        extensions,
        formatting,
        language,
        problems,
        security,
        transactions,
    )

    app = APIFlask(
        "shared_base",
        title="Shared Base",
        version="1",
        spec_path=None,
        docs_path=None,
        root_path=str(ROOT),
        static_folder="static",
        template_folder="templates",
        json_errors=False,
    )
    url, options = make_engine_options(database_url)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS=options,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
        BABEL_DEFAULT_LOCALE="en",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=True,
    )
    app.extensions["shared_base_settings"] = settings
    app.extensions["shared_base_clock"] = clock or SystemClock(settings.clock_offset)
    app.extensions["shared_base_on_identified"] = []
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    security.init_app(app, settings)
    extensions.db.init_app(app)
    extensions.login_manager.init_app(app)
    extensions.csrf.init_app(app)
    extensions.babel.init_app(app, locale_selector=language.select_locale)
    transactions.init_app(app)
    formatting.init_app(app)
    assets.init_app(app)
    problems.init_app(app)
    web.init_app(app)
    api.init_app(app)
    return app


#: command → the module below `shared_base.cli` that holds it; imported only when it is called
COMMANDS = {
    "run": "processes",
    "serve": "processes",
    "scheduler": "processes",
    "db": "database",
    "demo": "demo",
    "user": "people",
    "token": "people",
    "import": "workbook",
    "report": "reports",
    "claim": "claims",
}


class Commands(click.Group):
    """The `shared-base` command: a module is imported only when its command is called, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = import_module(f"shared_base.cli.{COMMANDS[name]}")
        command: click.Command = getattr(module, f"{name}_command")
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="shared-base")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Run a shared live-streaming base: studios, bookings, month reports and rent-subsidy claims."""
    context = CliContext(Settings.from_environment(os.environ))
    ctx.obj = context
    ctx.call_on_close(context.close)


def main() -> None:
    """Exit status: 0 done; 1 refused, with one clear line on stderr; 2 wrong usage."""
    refusals = Refusals(sys.argv[1:])
    try:
        cli.main(standalone_mode=False)
    except SharedBaseError as error:
        sys.exit(refusals.refused(error))
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2 if isinstance(error, click.UsageError) else 1)
    except OSError as error:
        sys.exit(refusals.fault(error))


if __name__ == "__main__":
    main()
