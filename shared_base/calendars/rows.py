"""Calendar feeds and what stands in them, as plain values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared_base.core.actor import Actor

#: what a feed can show
KINDS = ("tenant", "host", "studio")


@dataclass(frozen=True)
class Appointment:
    """A booking as a calendar shows it. Instants are UTC; `timezone` is the base's, an IANA name."""

    id: UUID
    code: str
    title: str
    state: str
    start: datetime
    end: datetime
    released_at: datetime | None
    hold_until: datetime | None
    created_at: datetime
    changed_at: datetime
    version: int
    platform: str | None
    cancel_reason: str | None
    base_name: str
    timezone: str
    studio_code: str
    studio_name: str
    floor: str | None
    tenant_name: str
    host_name: str | None
    kit: tuple[tuple[str, int], ...]  #: equipment, samples and crew that it holds beside the studio: name and number

    @property
    def until(self) -> datetime:
        """Where it ends on the clock: where the studio was given back, or as scheduled if nobody ever came."""
        return self.released_at if self.released_at and self.released_at > self.start else self.end


@dataclass(frozen=True)
class OpenFeed:
    """A feed found by its secret: what it shows, and since when it was last asked for."""

    id: UUID
    kind: str
    tenant_id: UUID | None
    host_id: UUID | None
    base_id: UUID | None
    studio_id: UUID | None
    used_at: datetime | None
    locale: str
    creator: UUID

    @property
    def reader(self) -> Actor:
        """Whose eyes the feed reads with: its tenant's rows, or its base's, and no roles to do anything."""
        return Actor(
            user_id=self.creator,
            label="calendar feed",
            reach="member",
            bases=frozenset({self.base_id} if self.base_id else ()),
            tenants=frozenset({self.tenant_id} if self.tenant_id else ()),
        )


@dataclass(frozen=True)
class FeedRow:
    """A feed in a list. `stands`: whoever made it may still see what it shows."""

    id: UUID
    kind: str
    label: str
    tenant_id: UUID | None
    base_id: UUID | None
    subject: str  #: the name of the tenant, the host or the studio
    created_by: UUID
    creator_name: str
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    stands: bool

    @property
    def state(self) -> str:
        """`active`, `ended` (who made it may no longer see it) or `revoked`."""
        return "revoked" if self.revoked_at else "active" if self.stands else "ended"


@dataclass(frozen=True)
class Subject:
    """What a feed can be of, for a choice: `key` names it in a form."""

    kind: str
    id: UUID
    name: str
    owner: str  #: the base or the tenant it belongs to

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


def appointment(values: tuple[Any, ...]) -> Appointment:
    """The row of a statement as a value; its last column is JSON `[[name, number], …]`."""
    kit = tuple((name, number) for name, number in values[-1])
    return Appointment(*(*values[:-1], kit))
