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

    id: UUID = Field(description="The tenant's id.")
    uscc: str = Field(description="统一社会信用代码 (GB 32100).")
    name: str = Field(description="Its registered name.")
    kind: str = Field(description="`mcn`, `brand`, `platform` or `service`.")
    division_code: str | None = Field(description="GB/T 2260; null: not recorded.")
    suspended: bool = Field(description="Whether it may book nothing for now.")


class TenantsOut(Out):
    """A page of tenants, by USCC."""

    items: list[TenantOut] = Field(description="What is on this page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last.")


class LeaseOut(Out):
    """A lease (入驻协议); both days are included."""

    id: UUID = Field(description="The lease's id.")
    ref: str = Field(description="Its reference, by which the workbook names it.")
    tenant_id: UUID = Field(description="Whose lease it is.")
    base: str = Field(description="The base's code.")
    area_m2: float = Field(description="Square metres.")
    start_date: str = Field(description="First day, ISO.")
    end_date: str = Field(description="Last day, included.")
    monthly_rent_fen: int = Field(description="Fen a month.")
    property_fee_fen: int = Field(description="Fen a month; 0: none.")


class LeasesOut(Out):
    """A page of leases, by reference."""

    items: list[LeaseOut] = Field(description="What is on this page.")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last.")


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
