"""The ways out for mail: a server by SMTP, or the terminal of who develops."""

import smtplib
import ssl
import sys
from contextlib import suppress
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from config.settings import LOOPBACK, Settings, Smtp
from shared_base.notifications.errors import DeliveryError, Rejected, Unreachable
from shared_base.notifications.mails import Mail, one_line

#: seconds that one step of a conversation may take
TIMEOUT = 20


def message_of(mail: Mail, *, sender: str, message_id: UUID, at: datetime) -> EmailMessage:
    """The mail with its headers. Its Message-ID is that of the outbox, so a repeat can be told."""
    name, address = parseaddr(sender)
    try:
        to = Address(display_name=str(one_line(mail.name)), addr_spec=mail.to)
    except (ValueError, HeaderParseError, IndexError) as error:
        raise Rejected(f"not an address: {error}") from error
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = to
    message["Subject"] = str(one_line(mail.subject))
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{message_id}@{address.rpartition('@')[2]}>"
    message["Content-Language"] = mail.language
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for it in mail.attachments:
        message.add_attachment(it.content, it.maintype, it.subtype, filename=it.filename, params=dict(it.parameters))
    return message


def send(message: EmailMessage, smtp: Smtp, *, hello: str) -> None:
    """Hand the message over to the server, or say why not (`DeliveryError`). When this returns, the server has it."""
    try:
        server = _connect(smtp, hello)
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(f"{smtp.host}:{smtp.port}: {error}") from error
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        raise _refusal(code, reason) from error
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(f"{smtp.host}:{smtp.port}: {error}") from error
    else:
        # the server has it: whatever goes wrong with the farewell must not send it again
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
    finally:
        server.close()


def _connect(smtp: Smtp, hello: str) -> smtplib.SMTP:
    """A connection, encrypted and signed in as far as both sides can."""
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if smtp.tls:
        server = smtplib.SMTP_SSL(smtp.host, smtp.port, local_hostname=hello, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(smtp.host, smtp.port, local_hostname=hello, timeout=TIMEOUT)
    try:
        server.ehlo_or_helo_if_needed()
        encrypted = smtp.tls
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=context)
            encrypted = True
        if smtp.username:
            if not encrypted and smtp.host not in LOOPBACK:
                raise smtplib.SMTPNotSupportedError("offers no TLS, and a password is never sent in the open")
            server.login(smtp.username, smtp.password or "")
    except BaseException:
        server.close()
        raise
    return server


def _refusal(code: int, reason: bytes | str) -> DeliveryError:
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    return (Rejected if 500 <= code < 600 else DeliveryError)(f"{code} {text}")


def hello_name(host: str) -> str:
    """How we greet a server: our own public name, or an address literal. Never a look-up, which may hang."""
    try:
        ip = ip_address(host)
    except ValueError:
        return host
    return f"[IPv6:{ip}]" if ip.version == 6 else f"[{ip}]"


def print_mail(mail: Mail) -> None:
    """Show the mail on the terminal: development without a mail server."""
    line = "─" * 72
    sys.stdout.write(f"{line}\n✉  {mail.name} <{mail.to}>\n   {mail.subject}\n\n{mail.text}{line}\n")
    sys.stdout.flush()


def deliver(mail: Mail, settings: Settings, *, message_id: UUID, at: datetime) -> None:
    """Send the mail the way the settings say: by SMTP, or printed in development."""
    if settings.prints_mail:
        print_mail(mail)
        return
    if settings.smtp is None:
        raise Unreachable("SMTP_URL is not set: no mail leaves")
    message = message_of(mail, sender=settings.mail_from, message_id=message_id, at=at)
    send(message, settings.smtp, hello=hello_name(urlsplit(settings.base_url).hostname or ""))
