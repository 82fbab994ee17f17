"""Settings come from the environment, with safe defaults, or are refused with the variable's name."""

import os
import re
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from config.settings import CHECKOUT, Settings, Smtp
from shared_base.core.errors import Invalid

PRODUCTION = {
    "SHARED_BASE_ENV": "production",
    "SHARED_BASE_URL": "https://base.example.com",
    "SHARED_BASE_SECRET_KEY": "k" * 32,
}


def read(tmp_path: Path, **variables: str) -> Settings:
    return Settings.from_environment({"SHARED_BASE_DATA_DIR": str(tmp_path), **variables})


def test_development_needs_no_variable_at_all(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert not settings.production
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.trusted_hosts == ("127.0.0.1", "localhost")
    assert settings.trusted_proxies == 0
    assert settings.locale == "zh_Hans_CN"
    assert settings.clock_offset == timedelta(0)
    assert settings.database_url is None
    assert settings.prints_mail


def test_data_stand_in_the_checkout_unless_told_otherwise() -> None:
    key = {"SHARED_BASE_SECRET_KEY": "k" * 32}
    assert Settings.from_environment(key).data_dir == CHECKOUT / "var"
    assert (CHECKOUT / "pyproject.toml").exists()
    elsewhere = Settings.from_environment({**key, "SHARED_BASE_DATA_DIR": "elsewhere/data"}).data_dir
    assert elsewhere == Path.cwd() / "elsewhere" / "data"


def test_a_blank_value_is_as_good_as_none(tmp_path: Path) -> None:
    assert read(tmp_path, PORT=" ", SMTP_URL="", DATABASE_URL="", SHARED_BASE_ENV="") == read(tmp_path)


def test_production_is_complete_with_address_and_key(tmp_path: Path) -> None:
    settings = read(tmp_path, **PRODUCTION, SHARED_BASE_TRUSTED_PROXIES="1", PORT="9000")
    assert settings.production
    assert settings.base_url == "https://base.example.com"
    assert settings.trusted_hosts == ("base.example.com",)
    assert settings.trusted_proxies == 1
    assert settings.port == 9000
    assert settings.mail_from == "no-reply@base.example.com"
    assert not settings.prints_mail, "mail carries sign-in links: it never goes to a log"
    assert list(tmp_path.iterdir()) == [], "nothing is generated in production"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"SHARED_BASE_ENV": "prod"}, "SHARED_BASE_ENV must be development or production, not “prod”"),
        ({"PORT": "http"}, "PORT must be a whole number from 1 to 65535"),
        ({"PORT": "65536"}, "PORT must be"),
        ({"PORT": "８０００"}, "PORT must be"),
        ({"PORT": "8_000"}, "PORT must be"),
        ({"SHARED_BASE_TRUSTED_PROXIES": "-1"}, "SHARED_BASE_TRUSTED_PROXIES must be a whole number from 0"),
        ({"SHARED_BASE_URL": "base.example.com"}, "SHARED_BASE_URL must be an address such as"),
        ({"SHARED_BASE_URL": "https://base.example.com/app"}, "without a path"),
        ({"SHARED_BASE_URL": "https://base.example.com:port"}, "SHARED_BASE_URL"),
        ({"SHARED_BASE_URL": "https://[base"}, "SHARED_BASE_URL"),
        ({"SHARED_BASE_TRUSTED_HOSTS": "https://base.example.com"}, "SHARED_BASE_TRUSTED_HOSTS must be host names"),
        ({"SHARED_BASE_TRUSTED_HOSTS": "*"}, "SHARED_BASE_TRUSTED_HOSTS must be host names"),
        ({"DATABASE_URL": "mysql://app:pw@host/base"}, "DATABASE_URL must be postgresql://"),
        ({"DATABASE_URL": "postgresql://app:pw@host"}, "DATABASE_URL must be postgresql://"),
        ({"DATABASE_OWNER_URL": "postgresql://o:pw@host/base"}, "DATABASE_OWNER_URL is set without DATABASE_URL"),
        ({"SMTP_URL": "mail.example.com:25"}, "SMTP_URL must be smtp://"),
        ({"MAIL_FROM": "base"}, "MAIL_FROM must be a mail address"),
        ({"MAIL_FROM": "a@b.example\r\nBcc: x@y.example"}, "MAIL_FROM must be a mail address"),
        ({"SHARED_BASE_CLOCK_OFFSET": "1e9"}, "SHARED_BASE_CLOCK_OFFSET must be whole seconds"),
        ({"SHARED_BASE_CLOCK_OFFSET": "-+5"}, "SHARED_BASE_CLOCK_OFFSET must be whole seconds"),
        ({"SHARED_BASE_LOCALE": "de"}, "SHARED_BASE_LOCALE must be one of zh_Hans_CN, en"),
        ({"SHARED_BASE_SECRET_KEY": "short"}, "SHARED_BASE_SECRET_KEY must be at least 32 characters"),
        ({**PRODUCTION, "SHARED_BASE_SECRET_KEY": ""}, "SHARED_BASE_SECRET_KEY must be at least 32 characters"),
        ({**PRODUCTION, "SHARED_BASE_URL": ""}, "SHARED_BASE_URL is required in production"),
        ({**PRODUCTION, "SHARED_BASE_URL": "http://base.example.com"}, "must begin with https:// in production"),
        ({**PRODUCTION, "SHARED_BASE_CLOCK_OFFSET": "60"}, "SHARED_BASE_CLOCK_OFFSET is for rehearsals"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(tmp_path: Path, variables: dict[str, str], says: str) -> None:
    with pytest.raises(Invalid, match=re.escape(says)):
        read(tmp_path, **variables)


def test_passwords_are_in_no_refusal_and_no_repr(tmp_path: Path) -> None:
    for bad in (
        {"DATABASE_URL": "mysql://app:hunter2@host/base"},
        {"SMTP_URL": "http://mail:hunter2@host"},
        {"SHARED_BASE_SECRET_KEY": "hunter2"},
    ):
        with pytest.raises(Invalid) as refusal:
            read(tmp_path, **bad)
        assert "hunter2" not in str(refusal.value)
    settings = read(
        tmp_path,
        SHARED_BASE_SECRET_KEY="hunter2" * 8,
        DATABASE_URL="postgresql://app:hunter2@host/base",
        DATABASE_OWNER_URL="postgresql://owner:hunter2@host/base",
        SMTP_URL="smtps://mail:hunter2@host",
    )
    assert "hunter2" not in repr(settings)


def test_a_database_url_is_handed_on_in_one_spelling(tmp_path: Path) -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        settings = read(tmp_path, DATABASE_URL=f"{scheme}://app:pw@host:5433/base?sslmode=require")
        assert settings.database_url == "postgresql://app:pw@host:5433/base?sslmode=require"


def test_the_mail_server_is_read_with_its_usual_port_and_decoded_password(tmp_path: Path) -> None:
    assert read(tmp_path, SMTP_URL="smtp://base:p%40ss@mail.example.com").smtp == Smtp(
        host="mail.example.com", port=587, tls=False, username="base", password="p@ss"
    )
    assert read(tmp_path, SMTP_URL="smtps://mail.example.com").smtp == Smtp("mail.example.com", 465, tls=True)
    assert read(tmp_path, SMTP_URL="smtp://127.0.0.1:1025").smtp == Smtp("127.0.0.1", 1025, tls=False)
    assert read(tmp_path, MAIL_FROM="共享基地 <base@example.com>").mail_from == "共享基地 <base@example.com>"


def test_a_rehearsal_moves_the_clock_either_way(tmp_path: Path) -> None:
    assert read(tmp_path, SHARED_BASE_CLOCK_OFFSET="-90").clock_offset == timedelta(seconds=-90)
    assert read(tmp_path, SHARED_BASE_CLOCK_OFFSET="+86400").clock_offset == timedelta(days=1)


def test_the_development_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    data_dir = tmp_path / "not" / "yet"
    key = read(data_dir).secret_key
    assert len(key) >= 32
    assert read(data_dir).secret_key == key
    assert stat.S_IMODE((data_dir / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in data_dir.iterdir()] == ["secret_key"]


def test_processes_that_race_for_the_key_agree_on_one(tmp_path: Path) -> None:
    together = threading.Barrier(8)
    keys: list[str] = []

    def race() -> None:
        together.wait()
        keys.append(read(tmp_path).secret_key)

    racers = [threading.Thread(target=race) for _ in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_spoilt_key_file_is_refused_with_the_way_out(tmp_path: Path) -> None:
    key_file = tmp_path / "secret_key"
    key_file.write_text("short")
    with pytest.raises(Invalid, match=r"secret_key holds fewer than 32 characters: delete it"):
        read(tmp_path)
    key_file.write_bytes(b"\xff" * 40)
    with pytest.raises(Invalid, match=r"secret_key cannot be used"):
        read(tmp_path)
    key_file.unlink()
    os.symlink("/nowhere/key", key_file)
    with pytest.raises(Invalid, match=r"secret_key cannot be used"):
        read(tmp_path)
