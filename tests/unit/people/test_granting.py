"""Who may grant which role: every role of a granter, every role granted, at home and elsewhere."""

from uuid import UUID, uuid4

import pytest

from shared_base.core.actor import ROLES, SYSTEM, Actor, Grant
from shared_base.tenancy.memberships import Scope, may_grant

HERE, ELSEWHERE, TENANT, RIVAL = (uuid4() for _ in range(4))
BASE_HERE, BASE_ELSEWHERE = Scope(base_id=HERE), Scope(base_id=ELSEWHERE)
ADMITTED = Scope(tenant_id=TENANT, admitted_to=frozenset({HERE}))
NOT_ADMITTED = Scope(tenant_id=RIVAL, admitted_to=frozenset({ELSEWHERE}))


def actor(role: str, base_id: UUID | None = None, tenant_id: UUID | None = None) -> Actor:
    reach = role if role in ("admin", "reviewer") else "member"
    return Actor(
        user_id=uuid4(),
        label=role,
        reach=reach,  # type: ignore[arg-type]
        grants=(Grant(role, base_id, tenant_id),),
        bases=frozenset({base_id} - {None}),  # type: ignore[arg-type]
        tenants=frozenset({tenant_id} - {None}),  # type: ignore[arg-type]
    )


def scopes(role: str) -> list[Scope]:
    if role in ("operator", "front_desk"):
        return [BASE_HERE, BASE_ELSEWHERE]
    if role in ("tenant_owner", "tenant_scheduler"):
        return [ADMITTED, NOT_ADMITTED]
    return [Scope(), BASE_HERE, BASE_ELSEWHERE] if role == "reviewer" else [Scope()]


ALLOWED = {
    "operator": {("operator", BASE_HERE), ("front_desk", BASE_HERE), ("tenant_owner", ADMITTED)},
    "front_desk": set(),
    "tenant_owner": {("tenant_owner", ADMITTED), ("tenant_scheduler", ADMITTED)},
    "tenant_scheduler": set(),
    "reviewer": set(),
}


@pytest.mark.parametrize("role", sorted(ALLOWED))
def test_a_role_is_granted_only_by_whom_the_table_names(role: str) -> None:
    by = actor(
        role,
        HERE if role in ("operator", "front_desk", "reviewer") else None,
        TENANT if role in ("tenant_owner", "tenant_scheduler") else None,
    )
    granted = {(wanted, scope) for wanted in ROLES for scope in scopes(wanted) if may_grant(by, wanted, scope)}
    assert granted == ALLOWED[role]


@pytest.mark.parametrize("by", [SYSTEM, actor("admin")], ids=["system", "admin"])
def test_an_administrator_and_the_command_line_grant_everything(by: Actor) -> None:
    assert all(may_grant(by, wanted, scope) for wanted in ROLES for scope in scopes(wanted))
