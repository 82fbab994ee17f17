"""The web application over the test's own transaction, and people signed in to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from config.settings import Settings
from shared_base.app import create_app
from shared_base.core.clock import FixedClock
from shared_base.http.extensions import db
from tests.databases import TestDatabase


@pytest.fixture(scope="session")
def web_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("data")
    return Settings.from_environment({"SHARED_BASE_DATA_DIR": str(folder)})


@pytest.fixture(scope="session")
def _app(web_settings: Settings, database: TestDatabase) -> Flask:
    app = create_app(web_settings, database_url=database.app)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


@pytest.fixture
def app(_app: Flask, connection: sa.Connection, clock: FixedClock) -> Iterator[Flask]:
    """The application on the test's connection: what a request commits, the test's `session` sees, and nobody after."""
    _app.extensions["shared_base_clock"] = clock
    engines: dict[Any, Any] = db._app_engines[_app]
    real = engines[None]
    engines[None] = connection
    yield _app
    engines[None] = real


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody in particular, in a browser."""
    return app.test_client()


@pytest.fixture
def signed_in(app: Flask, session: Any, clock: FixedClock) -> Callable[[Any], FlaskClient]:
    """A browser in which `user` is signed in, as by the sign-in page."""
    from shared_base.people import sessions

    def open_browser(user: Any, *, second_factor: bool = True) -> FlaskClient:
        secret = sessions.open_session(
            session, user=user, at=clock.now(), address="127.0.0.1", agent="tests", second_factor=second_factor
        )
        session.commit()
        client = app.test_client()
        client.set_cookie("shared_base", secret)
        return client

    return open_browser
