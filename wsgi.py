"""The WSGI entry for production servers: `granian --interface wsgi wsgi:app`, or `shared-base serve`."""

import os

from config.settings import Settings
from shared_base.app import create_app
from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_

_settings = Settings.from_environment(os.environ)
if _settings.database_url is None:
    raise Invalid(N_("Set DATABASE_URL to serve; `shared-base run` starts the embedded database and serves on it."))
app = create_app(_settings, database_url=_settings.database_url)
