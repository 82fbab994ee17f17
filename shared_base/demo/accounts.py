"""Who can sign in to a demo database, and nowhere else."""

from dataclasses import dataclass

import sqlalchemy as sa

from shared_base.people.models import User

#: one password for all of them: it opens a demo and nothing else, and is printed by `make run`
PASSWORD = "night-stream-2026"  # noqa: S105


@dataclass(frozen=True)
class Account:
    """A demo person: an address, a role and where it holds (bases by code, the demo's enterprise by number)."""

    email: str
    name: str
    role: str
    bases: tuple[str, ...] = ()
    tenant: int | None = None
    what: str = ""


ACCOUNTS = (
    Account(
        "operator@demo.example", "沈运营", "operator", bases=("HRB", "PYWB"), what="基地运营 · operator of both bases"
    ),
    Account("desk@demo.example", "白前台", "front_desk", bases=("HRB",), what="前台 · front desk, Harbin"),
    Account("wanbo@demo.example", "梁前台", "front_desk", bases=("PYWB",), what="前台 · front desk, Panyu"),
    Account("owner@demo.example", "周老板", "tenant_owner", tenant=2, what="入驻企业 · tenant owner"),
    Account("scheduler@demo.example", "小鹿", "tenant_scheduler", tenant=2, what="企业排期 · tenant scheduler"),
    Account("reviewer@demo.example", "审核员", "reviewer", what="政府审核 · reviewer"),
    Account("admin@demo.example", "管理员", "admin", what="管理员 · administrator"),
)


def sign_ins(connection: sa.Connection) -> list[tuple[str, str, str]]:
    """Address, password and meaning of the demo accounts that this database holds; none in a real one."""
    held = set(connection.scalars(sa.select(User.email).where(User.demo)))
    return [(account.email, PASSWORD, account.what) for account in ACCOUNTS if account.email in held]
