"""What the surroundings decide: read once, from the environment only, with safe defaults.

`Settings.from_environment(os.environ)` is the only way in. A value that cannot be used is refused with the
variable's name and what is expected there; passwords and keys are never part of a message or of `repr`.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from shared_base.core.errors import Invalid
from shared_base.core.i18n import N_

CHECKOUT = Path(__file__).resolve().parent.parent
LOCALES = ("zh_Hans_CN", "en")
SHORTEST_SECRET = 32  # characters
LOOPBACK = ("127.0.0.1", "localhost")

Environment = Literal["development", "production"]


@dataclass(frozen=True)
class Smtp:
    """Where mail is handed over. `tls` means from the first byte (smtps); otherwise STARTTLS where it is offered."""

    host: str
    port: int
    tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """One process's settings; every field names the variable it comes from."""

    environment: Environment  #: SHARED_BASE_ENV
    data_dir: Path  #: SHARED_BASE_DATA_DIR: embedded database, keys, files (absolute)
    port: int  #: PORT
    base_url: str  #: SHARED_BASE_URL: the public address, without a trailing slash
    trusted_hosts: tuple[str, ...]  #: SHARED_BASE_TRUSTED_HOSTS: host names a request may name
    trusted_proxies: int  #: SHARED_BASE_TRUSTED_PROXIES: how many proxies in front add X-Forwarded-*
    mail_from: str  #: MAIL_FROM
    clock_offset: timedelta  #: SHARED_BASE_CLOCK_OFFSET: seconds the clock is ahead; zero in production
    locale: str  #: SHARED_BASE_LOCALE: the language of whoever has chosen none
    secret_key: str = field(repr=False)  #: SHARED_BASE_SECRET_KEY
    database_url: str | None = field(default=None, repr=False)  #: DATABASE_URL: the app role; None = embedded
    database_owner_url: str | None = field(default=None, repr=False)  #: DATABASE_OWNER_URL: migrates, backs up
    smtp: Smtp | None = None  #: SMTP_URL

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def prints_mail(self) -> bool:
        """Development without SMTP_URL prints its mail. Production never does: mail carries sign-in links."""
        return self.smtp is None and not self.production

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Settings":
        """Read every setting, or raise `Invalid` for the first that cannot be used.

        A blank value counts as unset. In development a secret key is generated into the data directory once.
        """
        values = {name: value.strip() for name, value in env.items() if value.strip()}
        environment = _environment(values)
        production = environment == "production"
        data_dir = Path(os.path.abspath(Path(values.get("SHARED_BASE_DATA_DIR", CHECKOUT / "var")).expanduser()))
        port = _whole_number(values, "PORT", default=8000, lowest=1, highest=65535)
        base_url = _base_url(values, production=production, port=port)
        database_url, database_owner_url = _database_urls(values)
        host = urlsplit(base_url).hostname or ""
        return cls(
            environment=environment,
            data_dir=data_dir,
            port=port,
            base_url=base_url,
            trusted_hosts=_trusted_hosts(values, public=host, production=production),
            trusted_proxies=_whole_number(values, "SHARED_BASE_TRUSTED_PROXIES", default=0, lowest=0, highest=9),
            mail_from=_mail_from(values, host),
            clock_offset=_clock_offset(values, production=production),
            locale=_locale(values),
            smtp=_smtp(values),
            database_url=database_url,
            database_owner_url=database_owner_url,
            secret_key=_secret_key(values, data_dir, production=production),
        )


def make_data_dir(data_dir: Path) -> None:
    """Make the data directory when it is missing.

    What is secret in it is closed file by file: root's own database server runs as another account and has to
    pass through, so the directory made by root can be entered, not listed. Anybody else's is theirs alone.
    """
    try:
        data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid(
            N_(
                "The data directory %(path)s cannot be made (%(reason)s): choose one that you may write to with "
                "SHARED_BASE_DATA_DIR"
            ),
            path=data_dir,
            reason=error.strerror,
        ) from error


def _environment(values: Mapping[str, str]) -> Environment:
    value = values.get("SHARED_BASE_ENV", "development")
    if value == "development":
        return "development"
    if value == "production":
        return "production"
    raise Invalid(N_("SHARED_BASE_ENV must be development or production, not “%(value)s”"), value=value)


def _whole_number(values: Mapping[str, str], variable: str, *, default: int, lowest: int, highest: int) -> int:
    text = values.get(variable)
    if text is None:
        return default
    # int() alone would let through "1_000" and full-width digits.
    if re.fullmatch(r"[0-9]{1,9}", text) and lowest <= int(text) <= highest:
        return int(text)
    raise Invalid(
        N_("%(variable)s must be a whole number from %(lowest)s to %(highest)s, not “%(value)s”"),
        variable=variable,
        lowest=lowest,
        highest=highest,
        value=text,
    )


def _split(url: str) -> SplitResult | None:
    """The parts of a URL with a readable host and port, else None."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _base_url(values: Mapping[str, str], *, production: bool, port: int) -> str:
    url = values.get("SHARED_BASE_URL")
    if url is None:
        if production:
            raise Invalid(
                N_(
                    "SHARED_BASE_URL is required in production: the address people open, such as "
                    "https://base.example.com (mails and QR codes carry it)"
                )
            )
        return f"http://127.0.0.1:{port}"
    parts = _split(url)
    if (
        parts is None
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise Invalid(
            N_("SHARED_BASE_URL must be an address such as https://base.example.com, without a path, not “%(value)s”"),
            value=url,
        )
    if production and parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise Invalid(
            N_(
                "SHARED_BASE_URL must begin with https:// in production, not “%(value)s”: "
                "over plain HTTP passwords can be read on the way"
            ),
            value=url,
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _trusted_hosts(values: Mapping[str, str], *, public: str, production: bool) -> tuple[str, ...]:
    text = values.get("SHARED_BASE_TRUSTED_HOSTS")
    if text is None:
        return (public,) if production else tuple(dict.fromkeys((public, *LOOPBACK)))
    hosts = tuple(host.strip().lower() for host in text.split(",") if host.strip())
    if not hosts or any("/" in host or "*" in host or " " in host for host in hosts):
        raise Invalid(
            N_(
                "SHARED_BASE_TRUSTED_HOSTS must be host names joined by commas (.example.com for all below it), "
                "not “%(value)s”"
            ),
            value=text,
        )
    return hosts


def _database_urls(values: Mapping[str, str]) -> tuple[str | None, str | None]:
    app, owner = (_database_url(values, name) for name in ("DATABASE_URL", "DATABASE_OWNER_URL"))
    if owner and not app:
        raise Invalid(
            N_("DATABASE_OWNER_URL is set without DATABASE_URL: set both, or neither for the embedded database")
        )
    return app, owner


def _database_url(values: Mapping[str, str], variable: str) -> str | None:
    url = values.get(variable)
    if url is None:
        return None
    parts = _split(url)
    scheme = parts.scheme if parts else ""
    if parts is None or scheme not in ("postgresql", "postgres", "postgresql+psycopg") or len(parts.path) < 2:
        # The value is not repeated: it holds a password.
        raise Invalid(
            N_("%(variable)s must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE (PostgreSQL 18 or later)"),
            variable=variable,
        )
    return "postgresql" + url[len(scheme) :]


def _smtp(values: Mapping[str, str]) -> Smtp | None:
    url = values.get("SMTP_URL")
    if url is None:
        return None
    parts = _split(url)
    if parts is None or parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/"):
        raise Invalid(
            N_(
                "SMTP_URL must be smtp://USER:PASSWORD@HOST:PORT, or smtps:// for TLS from the start, "
                "with signs such as @ in a password percent-encoded"
            )
        )
    tls = parts.scheme == "smtps"
    return Smtp(
        host=parts.hostname,
        port=parts.port or (465 if tls else 587),
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _mail_from(values: Mapping[str, str], host: str) -> str:
    sender = values.get("MAIL_FROM", f"no-reply@{'localhost' if host in LOOPBACK else host}")
    name, _, domain = parseaddr(sender)[1].rpartition("@")
    if (
        not name
        or not domain
        or not sender.isprintable()
        or any(sign.isspace() or sign == "@" for sign in name + domain)
    ):
        raise Invalid(
            N_(
                "MAIL_FROM must be a mail address such as base@example.com or 共享基地 <base@example.com>, "
                "not “%(value)s”"
            ),
            value=sender,
        )
    return sender


def _clock_offset(values: Mapping[str, str], *, production: bool) -> timedelta:
    text = values.get("SHARED_BASE_CLOCK_OFFSET", "0")
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        raise Invalid(N_("SHARED_BASE_CLOCK_OFFSET must be whole seconds such as 86400, not “%(value)s”"), value=text)
    if production and int(text):
        raise Invalid(N_("SHARED_BASE_CLOCK_OFFSET is for rehearsals and refused in production: remove it"))
    return timedelta(seconds=int(text))


def _locale(values: Mapping[str, str]) -> str:
    value = values.get("SHARED_BASE_LOCALE", LOCALES[0])
    if value not in LOCALES:
        raise Invalid(
            N_("SHARED_BASE_LOCALE must be one of %(locales)s, not “%(value)s”"),
            locales=", ".join(LOCALES),
            value=value,
        )
    return value


def _secret_key(values: Mapping[str, str], data_dir: Path, *, production: bool) -> str:
    key = values.get("SHARED_BASE_SECRET_KEY")
    if key is None and not production:
        return _development_key(data_dir)
    if key is None or len(key) < SHORTEST_SECRET:
        raise Invalid(
            N_(
                "SHARED_BASE_SECRET_KEY must be at least %(shortest)s characters long and is required in production: "
                "make one with python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
            ),
            shortest=SHORTEST_SECRET,
        )
    return key


def _development_key(data_dir: Path) -> str:
    """The key in the data directory's file `secret_key`; of several processes that find none, one writes it."""
    path = data_dir / "secret_key"
    try:
        if not path.exists():
            make_data_dir(data_dir)
            _write_once(path, secrets.token_urlsafe(48))
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(
            N_(
                "The key file %(path)s cannot be used (%(reason)s): mend its permissions, or delete it to get a new one"
            ),
            path=path,
            reason=getattr(error, "strerror", None) or error,
        ) from error
    if len(key) < SHORTEST_SECRET:
        raise Invalid(
            N_("The key file %(path)s holds fewer than %(shortest)s characters: delete it to get a new one"),
            path=path,
            shortest=SHORTEST_SECRET,
        )
    return key


def _write_once(path: Path, text: str) -> None:
    """Make `path` (mode 0600) appear with its whole content, or leave the one that was there first."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        os.unlink(temporary)
