"""A real mail server on this machine, and settings that name it."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as SmtpSession

from config.settings import Settings
from shared_base.core.database import make_engine
from tests.conftest import TestDatabase
from tests.live import free_port

#: a certificate for localhost with its key, self-signed: trusted where SSL_CERT_FILE names it
CERTIFICATE = Path(__file__).parents[2] / "data" / "golden" / "mail" / "server.pem"


@dataclass
class Postman:
    """The server's side: what it took, and how it is told to answer."""

    taken: list[EmailMessage] = field(default_factory=list)
    senders: list[Any] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    answer_to_recipient: str = "250 OK"
    answer_to_data: str = "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        if self.answer_to_data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
            self.senders.append(envelope.mail_from)
            self.recipients += envelope.rcpt_tos
            self.encrypted.append(session.ssl is not None)
        return self.answer_to_data

    def login(self, server: SMTP, session: SmtpSession, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(f"{data.login.decode()}:{data.password.decode()}")
        return AuthResult(success=data.password == b"p@ss", handled=False)


def server_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest.fixture
def postman() -> Postman:
    return Postman()


@pytest.fixture
def mail_server(postman: Postman) -> Iterator[Callable[..., int]]:
    """Starts a server and returns its port; `options` are aiosmtpd's. Stopped at the test's end."""
    started: list[Controller] = []

    def start(port: int | None = None, *, hostname: str = "127.0.0.1", **options: Any) -> int:
        controller = Controller(postman, hostname=hostname, port=port or free_port(), **options)
        controller.start()
        started.append(controller)
        return int(controller.port)

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture
def mail_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings of an installation at https://base.example.com that sends by `url`."""

    def make(url: str = "", **environment: str) -> Settings:
        return Settings.from_environment(
            {
                "SHARED_BASE_DATA_DIR": str(tmp_path),
                "SHARED_BASE_URL": "https://base.example.com",
                "MAIL_FROM": "共享基地 <no-reply@base.example.com>",
                "SMTP_URL": url,
                **environment,
            }
        )

    return make


@pytest.fixture
def outbox_engine(new_database: Callable[[], TestDatabase]) -> Iterator[sa.Engine]:
    """A database of the test's own: delivery commits."""
    engine = make_engine(new_database().app, pool_size=8)
    yield engine
    engine.dispose()
