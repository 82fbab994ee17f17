"""The audit trail: who changed what, when, before and after. The database itself writes it: nothing goes around it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shared_base.core.database import Model
from shared_base.core.row_security import after_tables, protect


class AuditEntry(Model):
    """One changed row. `before` and `after` hold the columns that differ; secrets are shown as `•••`."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        sa.CheckConstraint("action in ('insert', 'update', 'delete')", name="audit_entries_action_known"),
        sa.Index("audit_entries_subject", "subject_table", "subject_id", "id"),
        sa.Index("audit_entries_base", "base_id", "id"),
        sa.Index("audit_entries_tenant", "tenant_id", "id"),
        sa.Index("audit_entries_actor", "actor_id", "id"),
        sa.Index("audit_entries_at", "at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=sa.text("clock_timestamp()"))
    actor_id: Mapped[UUID | None]
    actor_label: Mapped[str] = mapped_column(doc="the person's name at the time, or `system`")
    action: Mapped[str]
    subject_table: Mapped[str]
    subject_id: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    base_id: Mapped[UUID | None]
    tenant_id: Mapped[UUID | None]


# Members of a tenant do not read the trail; the trigger's owner writes it.
protect(AuditEntry, tenant=None, write="false")

AUDIT_FUNCTION = """
CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) ELSE '{}'::jsonb END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) ELSE '{}'::jsonb END;
  whole jsonb := CASE WHEN TG_OP = 'DELETE' THEN old_row ELSE new_row END;
  b jsonb; a jsonb; secret text;
BEGIN
  -- an argument is a column to mask, or with a leading minus one that is no deed
  SELECT jsonb_object_agg(key, value) INTO b FROM jsonb_each(old_row)
    WHERE new_row -> key IS DISTINCT FROM value AND '-' || key <> ALL (coalesce(TG_ARGV, '{}'));
  SELECT jsonb_object_agg(key, value) INTO a FROM jsonb_each(new_row)
    WHERE old_row -> key IS DISTINCT FROM value AND '-' || key <> ALL (coalesce(TG_ARGV, '{}'));
  IF a IS NULL AND b IS NULL THEN RETURN NULL; END IF;
  FOREACH secret IN ARRAY coalesce(TG_ARGV, '{}') LOOP
    IF b ? secret THEN b := jsonb_set(b, ARRAY[secret], '"•••"'); END IF;
    IF a ? secret THEN a := jsonb_set(a, ARRAY[secret], '"•••"'); END IF;
  END LOOP;
  INSERT INTO audit_entries
    (actor_id, actor_label, action, subject_table, subject_id, before, after, base_id, tenant_id)
  VALUES (
    nullif(current_setting('app.actor', true), '')::uuid,
    coalesce(nullif(current_setting('app.actor_label', true), ''), session_user),
    lower(TG_OP), TG_TABLE_NAME, coalesce(whole ->> 'id', ''),
    CASE WHEN TG_OP <> 'INSERT' THEN b END, CASE WHEN TG_OP <> 'DELETE' THEN a END,
    CASE WHEN TG_TABLE_NAME = 'bases' THEN (whole ->> 'id')::uuid ELSE (whole ->> 'base_id')::uuid END,
    CASE WHEN TG_TABLE_NAME = 'tenants' THEN (whole ->> 'id')::uuid ELSE (whole ->> 'tenant_id')::uuid END);
  RETURN NULL;
END $$
"""
after_tables(AUDIT_FUNCTION)


def audited(model: type[Model], *secrets: str, ignored: tuple[str, ...] = ()) -> None:
    """Let every change of the model's rows leave an audit entry.

    Columns named in `secrets` are masked; those `ignored` change without being a deed (when a token was last used).
    """
    table = model.__table__
    assert isinstance(table, sa.Table)
    arguments = ", ".join([f"'{secret}'" for secret in secrets] + [f"'-{column}'" for column in ignored])
    after_tables(
        f"CREATE TRIGGER {table.name}_audit AFTER INSERT OR UPDATE OR DELETE ON {table.name}"
        f" FOR EACH ROW EXECUTE FUNCTION audit_row({arguments})",
    )


APPEND_ONLY_FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: a correction is a new row', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
after_tables(APPEND_ONLY_FUNCTION)


def append_only(model: type[Model]) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE on the model's table, for the owner too: what happened is never edited."""
    table = model.__table__
    assert isinstance(table, sa.Table)
    for name, when in (("rows", "UPDATE OR DELETE"), ("table", "TRUNCATE")):
        after_tables(
            f"CREATE TRIGGER {table.name}_append_only_{name} BEFORE {when} ON {table.name}"
            f" FOR EACH {'ROW' if name == 'rows' else 'STATEMENT'} EXECUTE FUNCTION refuse_change()",
        )


append_only(AuditEntry)
