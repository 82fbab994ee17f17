"""`GET /tenants`, `/leases`: who may use the bases. Each caller sees their own."""

from uuid import UUID

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response
from pydantic import Field

from shared_base.api.conventions import Out, PageIn, answers, decode_cursor, json_response, listing, number
from shared_base.catalogue.models import Base
from shared_base.http.extensions import session
from shared_base.http.guards import allow
from shared_base.tenancy.models import Lease, Tenant

bp = APIBlueprint("api_tenancy", __name__, tag="Tenancy")


class TenantOut(Out):
    """An enterprise (入驻企业)."""

    id: UUID
    uscc: str
    name: str
    kind: str = Field(description="`mcn`, `brand`, `platform` or `service`.")
    division_code: str | None
    suspended: bool


class TenantsOut(Out):
    """A page of tenants, by USCC."""

    items: list[TenantOut]
    next_cursor: str | None


class LeaseOut(Out):
    """A lease (入驻协议); both days are included."""

    id: UUID
    ref: str
    tenant_id: UUID
    base: str
    area_m2: float
    start_date: str
    end_date: str
    monthly_rent_fen: int
    property_fee_fen: int


class LeasesOut(Out):
    """A page of leases, by reference."""

    items: list[LeaseOut]
    next_cursor: str | None


@bp.get("/tenants")
@allow()
@bp.input(PageIn, location="query", arg_name="page")
@answers(200, TenantsOut)
def tenants(page: PageIn) -> Response:
    """The tenants that you may see: your own, or those admitted to your bases."""
    query = sa.select(Tenant).order_by(Tenant.uscc).limit(page.limit + 1)
    if after := decode_cursor(page.cursor, (str,)):
        query = query.where(Tenant.uscc > after[0])
    items = [
        {
            "id": str(tenant.id),
            "uscc": tenant.uscc,
            "name": tenant.name,
            "kind": tenant.kind,
            "division_code": tenant.division_code,
            "suspended": tenant.suspended_at is not None,
        }
        for tenant in session().scalars(query)
    ]
    return json_response(listing(items, page.limit, lambda item: (item["uscc"],)))


@bp.get("/leases")
@allow()
@bp.input(PageIn, location="query", arg_name="page")
@answers(200, LeasesOut)
def leases(page: PageIn) -> Response:
    """The leases that you may see."""
    query = sa.select(Lease, Base.code).join(Base, Base.id == Lease.base_id).order_by(Lease.ref).limit(page.limit + 1)
    if after := decode_cursor(page.cursor, (str,)):
        query = query.where(Lease.ref > after[0])
    items = []
    for lease, base_code in session().execute(query):
        first, end = lease.term.lower, lease.term.upper
        assert first is not None
        assert end is not None
        items.append(
            {
                "id": str(lease.id),
                "ref": lease.ref,
                "tenant_id": str(lease.tenant_id),
                "base": base_code,
                "area_m2": number(lease.area_m2),
                "start_date": first.isoformat(),
                "end_date": end.fromordinal(end.toordinal() - 1).isoformat(),
                "monthly_rent_fen": lease.monthly_rent_fen,
                "property_fee_fen": lease.property_fee_fen,
            }
        )
    return json_response(listing(items, page.limit, lambda item: (item["ref"],)))
