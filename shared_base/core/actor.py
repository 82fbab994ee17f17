"""Who acts: a person with what they were granted, or the system itself. Every deed takes one as `by=`."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from uuid import UUID

#: what a membership can grant; `admin` and a reviewer of every base carry neither base nor tenant
BASE_ROLES = ("operator", "front_desk")
TENANT_ROLES = ("tenant_owner", "tenant_scheduler")
ROLES = ("admin", *BASE_ROLES, *TENANT_ROLES, "reviewer")

#: how far the database lets a transaction see (`app.role`)
Reach = Literal["system", "admin", "member", "reviewer", "anonymous"]


class Grant(NamedTuple):
    """One membership: a role, and the base or the tenant that it is for."""

    role: str
    base_id: UUID | None = None
    tenant_id: UUID | None = None


@dataclass(frozen=True)
class Actor:
    """The one who acts and what the database shows them: rows of `bases` (staff, reviewers) and of `tenants`."""

    user_id: UUID | None
    label: str
    reach: Reach
    grants: tuple[Grant, ...] = ()
    bases: frozenset[UUID] = field(default_factory=frozenset)
    tenants: frozenset[UUID] = field(default_factory=frozenset)

    @property
    def is_system(self) -> bool:
        return self.reach == "system"

    @property
    def is_admin(self) -> bool:
        return self.reach in ("system", "admin")

    @property
    def is_reviewer(self) -> bool:
        return self.reach == "reviewer"

    def serves(self, base_id: UUID, *roles: str) -> bool:
        """Whether the actor holds one of `roles` (default: any staff role) at the base; administrators always do."""
        wanted = roles or BASE_ROLES
        return self.is_admin or any(g.base_id == base_id and g.role in wanted for g in self.grants)

    def acts_for(self, tenant_id: UUID, *roles: str) -> bool:
        """Whether the actor holds one of `roles` (default: any) in the tenant."""
        wanted = roles or TENANT_ROLES
        return any(g.tenant_id == tenant_id and g.role in wanted for g in self.grants)

    @property
    def is_staff(self) -> bool:
        return self.is_admin or any(g.role in BASE_ROLES for g in self.grants)


SYSTEM = Actor(user_id=None, label="system", reach="system")
ANONYMOUS = Actor(user_id=None, label="anonymous", reach="anonymous")
