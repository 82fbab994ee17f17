"""Tenants, people with their roles, hosts, leases and rent payments."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from stdnum.cn import ric, uscc

from shared_base.catalogue.models import Base, Space
from shared_base.core.actor import BASE_ROLES, TENANT_ROLES, Actor, Grant
from shared_base.people.models import User
from shared_base.resources.models import Resource
from shared_base.tenancy.models import Admission, Host, Lease, LeaseSpace, Membership, RentFree, RentPayment, Tenant
from tests.factories.catalogue import LONG_AGO, days

_numbers = count(1)


def make_uscc(number: int | None = None) -> str:
    """A valid code (GB 32100); the same number gives the same code."""
    body = f"91440113{(number if number is not None else next(_numbers)):09d}"
    return body + uscc.calc_check_digit(body)


def make_id_number(born_on: date, number: int | None = None) -> str:
    """A valid resident identity number (GB 11643) of somebody from Chaoyang, Beijing."""
    body = f"110105{born_on:%Y%m%d}{(number if number is not None else next(_numbers)) % 1000:03d}"
    return body + ric.calc_check_digit(body + "0")


def make_tenant(session: Session, base: Base | Iterable[Base] | None = None, **columns: Any) -> Tenant:
    """An agency (mcn), admitted to the base or bases given."""
    number = next(_numbers)
    tenant = Tenant(
        **{
            "uscc": make_uscc(number),
            "name": f"星耀传媒{number}有限公司",
            "kind": "mcn",
            "division_code": "440113",
            "contact_name": "陈经理",
            "contact_phone": "13800000000",
            "created_at": LONG_AGO,
            **columns,
        }
    )
    session.add(tenant)
    session.flush()
    for admitting in [base] if isinstance(base, Base) else base or ():
        session.add(Admission(tenant_id=tenant.id, base_id=admitting.id, since=LONG_AGO))
    session.flush()
    return tenant


def make_user(
    session: Session,
    role: str | None = None,
    *,
    base: Base | None = None,
    tenant: Tenant | None = None,
    **columns: Any,
) -> User:
    """A person, with one membership where a role is given: of the base, or of the tenant, as the role asks."""
    number = next(_numbers)
    user = User(
        **{
            "email": f"person{number}@example.com",
            "name": f"员工{number}",
            "password_hash": None,
            "created_at": LONG_AGO,
            **columns,
        }
    )
    session.add(user)
    session.flush()
    if role:
        session.add(
            Membership(
                user_id=user.id,
                role=role,
                base_id=base.id if base and role in (*BASE_ROLES, "reviewer") else None,
                tenant_id=tenant.id if tenant and role in TENANT_ROLES else None,
                created_at=LONG_AGO,
            )
        )
        session.flush()
    return user


def make_actor(
    session: Session,
    role: str,
    *,
    base: Base | None = None,
    tenant: Tenant | None = None,
) -> Actor:
    """A person of that role, stored, and the actor they are when signed in."""
    user = make_user(session, role, base=base, tenant=tenant)
    base_id = base.id if base and role in (*BASE_ROLES, "reviewer") else None
    tenant_id = tenant.id if tenant and role in TENANT_ROLES else None
    bases: set[UUID] = {base_id} if base_id else set()
    if role == "reviewer" and base_id is None:  # reviews all of them
        bases = set(session.scalars(sa.select(Base.id)))
    return Actor(
        user_id=user.id,
        label=user.name,
        reach="admin" if role == "admin" else "reviewer" if role == "reviewer" else "member",
        grants=(Grant(role, base_id, tenant_id),),
        bases=frozenset(bases),
        tenants=frozenset({tenant_id} if tenant_id else ()),
    )


def make_host(
    session: Session,
    tenant: Tenant,
    *,
    born_on: date = date(1998, 5, 20),
    checked: bool = True,
    **columns: Any,
) -> Host:
    """A presenter of the tenant, adult and with the real name checked unless told."""
    resource = Resource(kind="host", base_id=None)
    session.add(resource)
    session.flush()
    number = make_id_number(born_on)
    checker = make_user(session) if checked else None
    host = Host(
        **{
            "id": resource.id,
            "tenant_id": tenant.id,
            "stage_name": f"主播{next(_numbers)}",
            "real_name": "林晓",
            "id_number_masked": f"{number[:6]}********{number[-4:]}",
            "id_number_hash": hashlib.sha256(number.encode()).digest(),
            "born_on": born_on,
            "real_name_checked_at": LONG_AGO if checker else None,
            "real_name_checked_by": checker.id if checker else None,
            "created_at": LONG_AGO,
            **columns,
        }
    )
    session.add(host)
    session.flush()
    return host


def make_lease(
    session: Session,
    tenant: Tenant,
    base: Base,
    *,
    first: date = date(2025, 1, 1),
    last: date = date(2027, 12, 31),
    spaces: Sequence[Space] = (),
    rent_free: Sequence[tuple[date, date]] = (),
    **columns: Any,
) -> Lease:
    """A lease from `first` to `last`, both included; `spaces` are let whole, `rent_free` are pairs of days."""
    lease = Lease(
        **{
            "ref": f"L-{next(_numbers):05d}",
            "tenant_id": tenant.id,
            "base_id": base.id,
            "area_m2": Decimal("300"),
            "term": days(first, last),
            "monthly_rent_fen": 1_800_000,
            "property_fee_fen": 0,
            "created_at": LONG_AGO,
            **columns,
        }
    )
    session.add(lease)
    session.flush()
    of_lease: dict[str, Any] = {"lease_id": lease.id, "tenant_id": tenant.id, "base_id": base.id}
    session.add_all([LeaseSpace(space_id=space.id, term=lease.term, **of_lease) for space in spaces])
    session.add_all([RentFree(days=days(*span), **of_lease) for span in rent_free])
    session.flush()
    return lease


def make_payment(
    session: Session, lease: Lease, *, month: date, amount_fen: int, paid_on: date | None = None, **columns: Any
) -> RentPayment:
    """Rent received for the month (its 1st), paid on the 5th unless told."""
    payment = RentPayment(
        **{
            "ref": f"P-{next(_numbers):06d}",
            "lease_id": lease.id,
            "tenant_id": lease.tenant_id,
            "base_id": lease.base_id,
            "service_month": month,
            "paid_on": paid_on or month.replace(day=5),
            "kind": "rent",
            "amount_fen": amount_fen,
            "recorded_at": LONG_AGO,
            **columns,
        }
    )
    session.add(payment)
    session.flush()
    return payment
