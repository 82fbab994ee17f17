"""Who is calling, and what may they see: from a session cookie or an API token to an `Actor`, in one statement.

Memberships lie behind row-level security, and before a caller is known nothing is visible: so one SECURITY DEFINER
function looks up the secret's digest, sets the transaction's scope and returns the person.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from shared_base.core.actor import Actor, Grant
from shared_base.core.database import Direct, set_scope
from shared_base.core.row_security import after_tables
from shared_base.people.secret import digest

IDENTITY_FUNCTION = """
CREATE FUNCTION actor_of(person uuid, label text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE grants jsonb; reach text; seen_bases text; seen_tenants text;
BEGIN
  SELECT coalesce(jsonb_agg(jsonb_build_array(m.role, m.base_id, m.tenant_id) ORDER BY m.id), '[]'),
         CASE WHEN bool_or(m.role = 'admin') THEN 'admin'
              WHEN bool_or(m.role = 'reviewer') THEN 'reviewer' ELSE 'member' END,
         -- a reviewer with no base of its own reviews all of them
         CASE WHEN bool_or(m.role = 'reviewer' AND m.base_id IS NULL)
              THEN (SELECT string_agg(b.id::text, ',') FROM bases b)
              ELSE coalesce(string_agg(DISTINCT m.base_id::text, ','), '') END,
         coalesce(string_agg(DISTINCT m.tenant_id::text, ','), '')
    INTO grants, reach, seen_bases, seen_tenants
    FROM memberships m WHERE m.user_id = person AND m.ended_at IS NULL;
  PERFORM set_config('app.role', reach, true), set_config('app.bases', coalesce(seen_bases, ''), true),
          set_config('app.tenants', seen_tenants, true), set_config('app.actor', person::text, true),
          set_config('app.actor_label', label, true);
  RETURN jsonb_build_object('grants', grants, 'reach', reach, 'bases', coalesce(seen_bases, ''),
                            'tenants', seen_tenants);
END $$
"""

SESSION_FUNCTION = """
CREATE FUNCTION identify_session(secret bytea, at timestamptz) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT jsonb_build_object('id', s.id, 'user_id', u.id, 'name', u.name, 'email', u.email, 'locale', u.locale,
    'seen_at', s.seen_at, 'second_factor', s.second_factor_at IS NOT NULL, 'has_totp', u.totp_confirmed_at IS NOT NULL,
    'current_base_id', s.current_base_id) || actor_of(u.id, u.name)
  FROM sign_in_sessions s JOIN users u ON u.id = s.user_id
  WHERE s.secret_hash = secret AND s.ended_at IS NULL AND s.expires_at > at AND u.disabled_at IS NULL;
END
"""

BEARER_FUNCTION = """
CREATE FUNCTION identify_token(secret bytea, at timestamptz) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT jsonb_build_object('id', t.id, 'user_id', u.id, 'name', u.name, 'email', u.email, 'locale', u.locale,
    'seen_at', t.used_at, 'second_factor', true, 'has_totp', u.totp_confirmed_at IS NOT NULL) || actor_of(u.id, u.name)
  FROM api_tokens t JOIN users u ON u.id = t.user_id
  WHERE t.secret_hash = secret AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > at)
    AND u.disabled_at IS NULL;
END
"""
for _function in (IDENTITY_FUNCTION, SESSION_FUNCTION, BEARER_FUNCTION):
    after_tables(_function)
# only the two look-ups above may turn a person's id into a scope
after_tables("REVOKE EXECUTE ON FUNCTION actor_of(uuid, text) FROM PUBLIC")


_LOOKUPS = {
    "session": Direct("select identify_session(:secret, :at)"),
    "token": Direct("select identify_token(:secret, :at)"),
}


@dataclass(frozen=True)
class Identity:
    """A known caller: the person, the session or token that told so, and the actor they are."""

    actor: Actor
    user_id: UUID
    name: str
    email: str
    locale: str
    credential_id: UUID
    seen_at: datetime | None
    second_factor: bool
    has_totp: bool
    current_base_id: UUID | None


def identify(session: Session, kind: Literal["session", "token"], secret: str, *, at: datetime) -> Identity | None:
    """The caller who holds `secret`, or None; the session's transactions then see what the caller may see."""
    found: dict[str, Any] | None = _LOOKUPS[kind].rows(session, {"secret": digest(secret), "at": at})[0][0]
    if found is None:
        return None
    actor = Actor(
        user_id=UUID(found["user_id"]),
        label=found["name"],
        reach=found["reach"],
        grants=tuple(
            Grant(role, base and UUID(base), tenant and UUID(tenant)) for role, base, tenant in found["grants"]
        ),
        bases=frozenset(UUID(base) for base in found["bases"].split(",") if base),
        tenants=frozenset(UUID(tenant) for tenant in found["tenants"].split(",") if tenant),
    )
    set_scope(session, actor, sent=True)
    return Identity(
        actor=actor,
        user_id=UUID(found["user_id"]),
        name=found["name"],
        email=found["email"],
        locale=found["locale"],
        credential_id=UUID(found["id"]),
        seen_at=found["seen_at"] and datetime.fromisoformat(found["seen_at"]),
        second_factor=found["second_factor"],
        has_totp=found["has_totp"],
        current_base_id=UUID(found["current_base_id"]) if found.get("current_base_id") else None,
    )
