"""The Flask extensions, made once and bound to an application by `http.setup`."""

from datetime import datetime
from typing import cast

from flask import current_app
from flask_babel import Babel
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import Session

from config.settings import Settings
from shared_base.core.clock import Clock

# Models stand on `core.database.Model`, not on `db.Model`: domain rooms know no Flask. The session serves them as well.
# A test hands in a connection with a transaction of its own: our commits are savepoints of it.
db = SQLAlchemy(session_options={"expire_on_commit": False, "join_transaction_mode": "create_savepoint"})
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()


def session() -> Session:
    """The request's database session. Views pass it on; nothing below delivery reaches for it."""
    return db.session()


def settings() -> Settings:
    return cast(Settings, current_app.extensions["shared_base_settings"])


def clock() -> Clock:
    return cast(Clock, current_app.extensions["shared_base_clock"])


def now() -> datetime:
    """The present by the application's injected clock."""
    return clock().now()
