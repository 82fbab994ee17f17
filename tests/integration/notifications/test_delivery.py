"""The outbox against a real mail server: at least once, never lost, nobody held up."""

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from icalendar import Calendar

from config.settings import Settings
from shared_base.core import outbox
from shared_base.core.actor import SYSTEM
from shared_base.core.clock import FixedClock
from shared_base.core.database import transaction
from shared_base.core.outbox import OutboxMessage
from shared_base.notifications import channels, delivery
from shared_base.notifications.delivery import LEASE, WAITS, Drained, drain
from shared_base.notifications.errors import Rejected, Unreachable
from shared_base.notifications.facts import facts_of
from shared_base.notifications.letters import Piece, post_letters
from shared_base.notifications.mails import Mail
from shared_base.people import accounts, links
from shared_base.people.models import User
from tests.factories.bookings import make_booking
from tests.factories.catalogue import make_base, make_studio
from tests.factories.tenancy import make_tenant, make_user
from tests.integration.notifications.conftest import CERTIFICATE, Postman, server_context
from tests.live import free_port

PATH = "/password-resets/" + "s" * 43


def ask(engine: sa.Engine, clock: FixedClock, number: int = 1, **changed: Any) -> None:
    """Put mails in the outbox."""
    with transaction(engine, SYSTEM) as session:
        for index in range(number):
            payload = {
                "template": "password_reset",
                "to": f"anna{index}@example.com",
                "name": "安娜",
                "locale": "zh_Hans_CN",
                "values": {"path": PATH},
                **changed,
            }
            outbox.post(session, "mail", payload, at=clock.now())


def messages(engine: sa.Engine) -> list[OutboxMessage]:
    with transaction(engine, SYSTEM) as session:
        return list(session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))


def test_a_mail_reaches_the_server_with_the_headers_of_an_automatic_message(
    outbox_engine: sa.Engine, clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any
) -> None:
    settings = mail_settings(f"smtp://127.0.0.1:{mail_server()}")
    ask(outbox_engine, clock)
    assert drain(outbox_engine, clock, settings) == Drained(sent=1)
    assert (postman.senders, postman.recipients) == (["no-reply@base.example.com"], ["anna0@example.com"])
    (mail,) = postman.taken
    (row,) = messages(outbox_engine)
    assert str(mail["From"]) == "共享基地 <no-reply@base.example.com>"
    assert str(mail["To"]) == "安娜 <anna0@example.com>"
    assert str(mail["Subject"]) == "重置您的共享直播基地密码"
    assert mail["Message-ID"] == f"<{row.id}@base.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == clock.now()
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    for part in mail.iter_parts():
        assert f"https://base.example.com{PATH}" in part.get_content()  # type: ignore[attr-defined]
    assert drain(outbox_engine, clock, settings) == Drained()


def test_a_message_that_left_keeps_no_link(
    outbox_engine: sa.Engine, clock: FixedClock, mail_server: Any, mail_settings: Any
) -> None:
    ask(outbox_engine, clock)
    drain(outbox_engine, clock, mail_settings(f"smtp://127.0.0.1:{mail_server()}"))
    (row,) = messages(outbox_engine)
    assert row.done_at == clock.now()
    assert row.payload == {"template": "password_reset", "to": "anna0@example.com"}


def test_while_the_server_is_down_mails_wait_and_leave_when_it_is_back(
    outbox_engine: sa.Engine, clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any
) -> None:
    port = free_port()
    settings = mail_settings(f"smtp://127.0.0.1:{port}")
    ask(outbox_engine, clock, 3)
    # the way out is closed: the other two do not try it as well
    assert drain(outbox_engine, clock, settings) == Drained(waiting=1)
    first, *others = messages(outbox_engine)
    assert (first.attempts, first.due_at) == (1, clock.now() + WAITS[0])
    assert "Unreachable" in (first.last_error or "")
    assert [row.attempts for row in others] == [0, 0]
    mail_server(port)
    assert drain(outbox_engine, clock, settings) == Drained(sent=2)
    clock.advance(WAITS[0])
    assert drain(outbox_engine, clock, settings) == Drained(sent=1)
    assert sorted(postman.recipients) == [f"anna{number}@example.com" for number in range(3)]


def test_a_mail_is_given_up_within_a_day_of_failures_and_keeps_no_link(
    outbox_engine: sa.Engine, clock: FixedClock, mail_settings: Any
) -> None:
    settings = mail_settings(f"smtp://127.0.0.1:{free_port()}")
    ask(outbox_engine, clock)
    begin = clock.now()
    for wait in WAITS:
        assert drain(outbox_engine, clock, settings) == Drained(waiting=1)
        assert drain(outbox_engine, clock, settings) == Drained()  # not due
        clock.advance(wait)
    assert drain(outbox_engine, clock, settings) == Drained(failed=1)
    (row,) = messages(outbox_engine)
    assert row.failed_at == clock.now() <= begin + timedelta(days=1)
    assert "values" not in row.payload
    clock.advance(timedelta(days=30))
    assert drain(outbox_engine, clock, settings) == Drained()


def test_a_mailbox_that_does_not_exist_is_given_up_at_once_and_a_full_one_is_tried_again(
    outbox_engine: sa.Engine, clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any
) -> None:
    settings = mail_settings(f"smtp://127.0.0.1:{mail_server()}")
    ask(outbox_engine, clock)
    postman.answer_to_recipient = "452 4.2.2 mailbox full"
    assert drain(outbox_engine, clock, settings) == Drained(waiting=1)
    clock.advance(WAITS[0])
    postman.answer_to_recipient = "550 5.1.1 no such user"
    assert drain(outbox_engine, clock, settings) == Drained(failed=1)
    assert "550 5.1.1 no such user" in (messages(outbox_engine)[0].last_error or "")


def test_one_message_that_cannot_be_said_does_not_hold_up_the_others(
    outbox_engine: sa.Engine, clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any
) -> None:
    settings = mail_settings(f"smtp://127.0.0.1:{mail_server()}")
    ask(outbox_engine, clock, template="no_such_template")
    ask(outbox_engine, clock, to="not an address")
    with transaction(outbox_engine, SYSTEM) as session:
        outbox.post(session, "pigeon", {}, at=clock.now())
    ask(outbox_engine, clock)
    assert drain(outbox_engine, clock, settings) == Drained(sent=1, waiting=1, failed=2)
    assert postman.recipients == ["anna0@example.com"]


def test_eight_processes_that_drain_at_once_send_each_mail_once(
    outbox_engine: sa.Engine, clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any
) -> None:
    settings = mail_settings(f"smtp://127.0.0.1:{mail_server()}")
    ask(outbox_engine, clock, 40)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: drain(outbox_engine, clock, settings), range(8)))
    assert sum(one.sent for one in done) == 40
    assert len(set(postman.recipients)) == len(postman.recipients) == 40


def test_no_transaction_is_open_while_the_server_is_talked_to(
    outbox_engine: sa.Engine, clock: FixedClock, mail_server: Any, mail_settings: Any, postman: Postman
) -> None:
    seen: list[int] = []
    real = postman.handle_DATA

    async def look(server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        with outbox_engine.connect() as connection:
            seen.append(
                connection.scalar(
                    sa.text(
                        "select count(*) from pg_stat_activity where datname = current_database()"
                        " and xact_start is not null and pid <> pg_backend_pid()"
                    )
                )
                or 0
            )
        return await real(server, session, envelope)

    postman.handle_DATA = look  # type: ignore[method-assign]
    ask(outbox_engine, clock)
    drain(outbox_engine, clock, mail_settings(f"smtp://127.0.0.1:{mail_server()}"))
    assert seen == [0]


DRAIN_IN_A_PROCESS = """
    import os
    from datetime import datetime
    from config.settings import Settings
    from shared_base.core.clock import FixedClock
    from shared_base.core.database import make_engine
    from shared_base.notifications.delivery import drain

    drain(make_engine(os.environ["DATABASE_URL"]), FixedClock(datetime.fromisoformat(os.environ["AT"])),
          Settings.from_environment(os.environ))
"""


def test_a_process_killed_between_sending_and_marking_causes_a_repeat_with_the_same_id_and_never_a_loss(
    outbox_engine: sa.Engine, clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any
) -> None:
    port = mail_server()
    ask(outbox_engine, clock)
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": outbox_engine.url.render_as_string(hide_password=False).replace("+psycopg", ""),
        "AT": clock.now().isoformat(),
        "SHARED_BASE_DATA_DIR": str(mail_settings().data_dir),
        "SHARED_BASE_URL": "https://base.example.com",
        "SMTP_URL": f"smtp://127.0.0.1:{port}",
    }
    process: list[subprocess.Popen[bytes]] = []
    real = postman.handle_DATA

    async def kill_the_sender(server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        answer = await real(server, session, envelope)
        process[0].send_signal(signal.SIGKILL)
        process[0].wait(timeout=10)
        return answer

    postman.handle_DATA = kill_the_sender  # type: ignore[method-assign]
    process.append(subprocess.Popen([sys.executable, "-c", textwrap.dedent(DRAIN_IN_A_PROCESS)], env=environment))
    assert process[0].wait(timeout=60) == -signal.SIGKILL
    postman.handle_DATA = real  # type: ignore[method-assign]

    settings = mail_settings(f"smtp://127.0.0.1:{port}")
    assert drain(outbox_engine, clock, settings) == Drained()  # the dead process's claim still holds
    clock.advance(LEASE)
    assert drain(outbox_engine, clock, settings) == Drained(sent=1)
    assert len(postman.taken) == 2
    assert postman.taken[0]["Message-ID"] == postman.taken[1]["Message-ID"]
    assert messages(outbox_engine)[0].done_at == clock.now()


def test_who_outlives_its_lease_does_not_overwrite_what_came_after(
    outbox_engine: sa.Engine, clock: FixedClock, mail_server: Any, mail_settings: Any
) -> None:
    ask(outbox_engine, clock)
    slow = delivery._claim(outbox_engine, at=clock.now())
    assert slow is not None
    clock.advance(LEASE)
    drain(outbox_engine, clock, mail_settings(f"smtp://127.0.0.1:{mail_server()}"))
    delivery._wait(outbox_engine, slow, Unreachable("too late"), at=clock.now())
    (row,) = messages(outbox_engine)
    assert (row.done_at, row.last_error) == (clock.now(), None)


def test_a_message_that_kills_every_process_is_given_up(
    outbox_engine: sa.Engine, clock: FixedClock, mail_settings: Any
) -> None:
    ask(outbox_engine, clock)
    for _ in range(len(WAITS) + 1):
        assert delivery._claim(outbox_engine, at=clock.now())
        clock.advance(LEASE)
    assert drain(outbox_engine, clock, mail_settings("smtp://127.0.0.1:1")) == Drained(failed=1)


def test_a_reset_request_becomes_a_mail_for_whom_it_concerns_and_nothing_for_anybody_else(
    outbox_engine: sa.Engine, clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any
) -> None:
    with transaction(outbox_engine, SYSTEM) as session:
        anna = make_user(session, email="anna@example.com", password_hash="set")
        for email in (anna.email, "nobody@example.com"):
            accounts.request_reset(session, email=email, address="203.0.113.7", at=clock.now())
    # two requests, and the one mail that they became
    assert drain(outbox_engine, clock, mail_settings(f"smtp://127.0.0.1:{mail_server()}")) == Drained(sent=3)
    (mail,) = postman.taken
    body = mail.get_body(("plain",))
    assert body is not None
    secret = body.get_content().partition("https://base.example.com/password-resets/")[2].split()[0]
    with transaction(outbox_engine, SYSTEM) as session:
        holder: User = links.holder(session, "password_reset", secret, at=clock.now())
        assert holder.email == "anna@example.com"
    assert all("email" not in row.payload for row in messages(outbox_engine))


def test_development_without_a_mail_server_prints_the_mail(
    outbox_engine: sa.Engine, clock: FixedClock, mail_settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(outbox_engine, clock)
    assert drain(outbox_engine, clock, mail_settings()) == Drained(sent=1)
    printed = capsys.readouterr().out
    assert "安娜 <anna0@example.com>" in printed
    assert f"https://base.example.com{PATH}" in printed


def test_production_without_a_mail_server_keeps_the_mail_and_prints_nothing(
    outbox_engine: sa.Engine, clock: FixedClock, mail_settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(outbox_engine, clock)
    settings: Settings = mail_settings(SHARED_BASE_ENV="production", SHARED_BASE_SECRET_KEY="k" * 40)
    assert drain(outbox_engine, clock, settings) == Drained(waiting=1)
    assert "SMTP_URL" in (messages(outbox_engine)[0].last_error or "")
    assert capsys.readouterr().out == ""


MAIL = Mail("anna@example.com", "安娜", "zh-Hans-CN", "主题", "正文", "<p>正文</p>")


def send(mail: Mail, settings: Settings, clock: FixedClock) -> None:
    channels.deliver(mail, settings, message_id=uuid4(), at=clock.now())


def test_starttls_is_used_where_it_is_offered_and_the_password_goes_through_it(
    clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    port = mail_server(
        tls_context=server_context(), require_starttls=True, authenticator=postman.login, auth_required=True
    )
    send(MAIL, mail_settings(f"smtp://base:p%40ss@localhost:{port}"), clock)
    assert postman.logins == ["base:p@ss"]
    assert postman.encrypted == [True]


def test_smtps_speaks_tls_from_the_first_byte(
    clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    port = mail_server(ssl_context=server_context())
    send(MAIL, mail_settings(f"smtps://127.0.0.1:{port}"), clock)
    assert len(postman.taken) == 1


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(
    clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any
) -> None:
    port = mail_server(tls_context=server_context(), authenticator=postman.login)
    with pytest.raises(Unreachable, match="certificate"):
        send(MAIL, mail_settings(f"smtp://base:p%40ss@localhost:{port}"), clock)
    assert postman.logins == postman.taken == []


def test_a_password_is_not_sent_in_the_open_to_another_machine(
    clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any
) -> None:
    port = mail_server(hostname="127.0.0.2", authenticator=postman.login, auth_require_tls=False)
    with pytest.raises(Unreachable, match="no TLS"):
        send(MAIL, mail_settings(f"smtp://base:p%40ss@127.0.0.2:{port}"), clock)
    assert postman.logins == []
    port = mail_server(authenticator=postman.login, auth_require_tls=False)
    send(MAIL, mail_settings(f"smtp://base:p%40ss@127.0.0.1:{port}"), clock)
    assert postman.logins == ["base:p@ss"]


def test_a_server_that_does_not_know_us_closes_the_way_for_all_mails(
    clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any
) -> None:
    port = mail_server(authenticator=postman.login, auth_require_tls=False)
    with pytest.raises(Unreachable, match="535"):
        send(MAIL, mail_settings(f"smtp://base:wrong@127.0.0.1:{port}"), clock)


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("安娜\r\nBcc: all@example.com", "anna@example.com"),
        ('Anna" <all@example.com>, "', "anna@example.com"),
        ("anna@evil.example", "anna@example.com"),
    ],
)
def test_no_name_adds_a_header_or_a_recipient(
    clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any, name: str, to: str
) -> None:
    mail = Mail(to, name, "zh-Hans-CN", f"主题\r\nBcc: {name}", "正文", "<p>正文</p>")
    send(mail, mail_settings(f"smtp://127.0.0.1:{mail_server()}"), clock)
    assert postman.recipients == ["anna@example.com"]
    assert postman.taken[0]["Bcc"] is None
    assert [address.addr_spec for address in postman.taken[0]["To"].addresses] == ["anna@example.com"]


@pytest.mark.parametrize(
    "to", ["anna@example.com\r\nBcc: all@example.com", "anna@example.com, eva@example.com", "anna", ""]
)
def test_what_is_not_one_address_is_refused_before_any_server_is_asked(
    clock: FixedClock, mail_settings: Any, to: str
) -> None:
    with pytest.raises(Rejected):
        send(Mail(to, "安娜", "zh-Hans-CN", "主题", "正文", "<p>正文</p>"), mail_settings("smtp://127.0.0.1:1"), clock)


@pytest.mark.parametrize(
    ("host", "greeting"), [("base.example.com", "base.example.com"), ("10.0.0.1", "[10.0.0.1]"), ("::1", "[IPv6:::1]")]
)
def test_servers_are_greeted_by_our_public_name_without_a_look_up(host: str, greeting: str) -> None:
    assert channels.hello_name(host) == greeting


def test_a_confirmation_carries_its_bookings_for_the_readers_calendar(
    outbox_engine: sa.Engine, clock: FixedClock, postman: Postman, mail_server: Any, mail_settings: Any
) -> None:
    settings = mail_settings(f"smtp://127.0.0.1:{mail_server()}")
    with transaction(outbox_engine, SYSTEM) as session:
        base = make_base(session)
        studio, tenant = make_studio(session, base), make_tenant(session, base)
        reader = make_user(session, "tenant_owner", tenant=tenant)
        starts = [clock.now() + timedelta(days=night) for night in (1, 2)]
        booked = [make_booking(session, studio, tenant, start, start + timedelta(hours=6)) for start in starts]
        known = facts_of(session, [it.id for it in booked])
        post_letters(session, [Piece(reader.id, "booking_made", known[booked[0].id], by="前台")], at=clock.now())
        clock.advance(timedelta(seconds=1))
        post_letters(
            session, [Piece(reader.id, "booking_made", it, by="前台") for it in known.values()], at=clock.now()
        )
    assert drain(outbox_engine, clock, settings) == Drained(sent=2)
    for mail, number, method in zip(postman.taken, (1, 2), ("PUBLISH", None), strict=True):
        (file,) = mail.iter_attachments()
        assert (file.get_content_type(), file.get_filename()) == ("text/calendar", "booking.ics")
        assert file["Content-Type"].params.get("method") == method
        calendar = Calendar.from_ical(file.get_payload(decode=True))  # type: ignore[arg-type]
        assert [event.decoded("dtstart") for event in calendar.walk("VEVENT")] == starts[:number]
        body = mail.get_body(("html",))
        assert body is not None
        assert "附件" in body.get_content()
    assert not any("calendar" in row.payload for row in messages(outbox_engine))
