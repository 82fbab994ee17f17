"""People, their sessions, tokens and one-time links. Secrets are stored as digests only."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared_base.core.audit import audited
from shared_base.core.database import Model, uuid_key


class User(Model):
    """A person who signs in. What they may see comes from memberships (`tenancy`)."""

    __tablename__ = "users"
    __table_args__ = (
        # one account an address, however it is typed
        sa.Index("users_email_unique", sa.text("lower(email)"), unique=True),
        sa.CheckConstraint("email ~ '^[^@[:space:]]+@[^@[:space:]]+$'", name="users_email_shape"),
        sa.CheckConstraint("locale in ('zh_Hans_CN', 'en')", name="users_locale_known"),
        sa.CheckConstraint("totp_confirmed_at is null or totp_secret is not null", name="users_totp_has_secret"),
    )

    id: Mapped[UUID] = uuid_key()
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None] = mapped_column(doc="argon2id; null until the invitation is taken up")
    locale: Mapped[str] = mapped_column(server_default="zh_Hans_CN")
    totp_secret: Mapped[str | None] = mapped_column(doc="base32 (RFC 6238)")
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None] = mapped_column(doc="the last accepted time step: a code serves once")
    disabled_at: Mapped[datetime | None]
    demo: Mapped[bool] = mapped_column(server_default=sa.false(), doc="made by `demo load`")
    created_at: Mapped[datetime]


audited(User, "password_hash", "totp_secret", ignored=("totp_last_step",))


class SignInSession(Model):
    """A signed-in browser, kept by the server: logging out ends it, so a replayed cookie opens nothing."""

    __tablename__ = "sign_in_sessions"
    __table_args__ = (
        sa.UniqueConstraint("secret_hash", name="sign_in_sessions_secret_unique"),
        sa.CheckConstraint("expires_at > created_at", name="sign_in_sessions_expires_later"),
        sa.Index("sign_in_sessions_user", "user_id"),
    )

    id: Mapped[UUID] = uuid_key()
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", name="sign_in_sessions_user_fkey"))
    secret_hash: Mapped[bytes] = mapped_column(doc="SHA-256 of the cookie's 256-bit secret")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(server_default="", doc="the client's address as the proxy told it")
    agent: Mapped[str] = mapped_column(server_default="", doc="the browser's own name")
    second_factor_at: Mapped[datetime | None]
    current_base_id: Mapped[UUID | None] = mapped_column(doc="the base whose pages are shown")


class ApiToken(Model):
    """A bearer token of a person for scripts; shown once, stored as a digest."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        sa.UniqueConstraint("secret_hash", name="api_tokens_secret_unique"),
        sa.CheckConstraint("length(btrim(name)) between 1 and 100", name="api_tokens_name_given"),
        sa.Index("api_tokens_user", "user_id"),
    )

    id: Mapped[UUID] = uuid_key()
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", name="api_tokens_user_fkey"))
    name: Mapped[str]
    secret_hash: Mapped[bytes]
    hint: Mapped[str] = mapped_column(doc="the token's first characters, to tell tokens apart")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="raise")


audited(ApiToken, "secret_hash", ignored=("used_at",))


class OneTimeLink(Model):
    """A link mailed to a person: an invitation or a password reset. It serves once and not for long."""

    __tablename__ = "one_time_links"
    __table_args__ = (
        sa.UniqueConstraint("secret_hash", name="one_time_links_secret_unique"),
        sa.CheckConstraint("purpose in ('invitation', 'password_reset')", name="one_time_links_purpose_known"),
        sa.CheckConstraint("expires_at > created_at", name="one_time_links_expires_later"),
        sa.Index("one_time_links_user", "user_id"),
    )

    id: Mapped[UUID] = uuid_key()
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", name="one_time_links_user_fkey"))
    purpose: Mapped[str]
    secret_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="raise")
