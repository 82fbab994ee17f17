"""Which month reports a claim stands on: those of every base and month in which the enterprise has a lease."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from shared_base.core.i18n import N_
from shared_base.core.periods import Month
from shared_base.subsidies.errors import MissingReport
from shared_base.subsidies.facts import LeaseDates
from shared_base.subsidies.wording import month_spans

#: a base by its code, and a month
BaseMonth = tuple[str, Month]


def reports_needed(leases: Iterable[LeaseDates], months: Collection[Month]) -> frozenset[BaseMonth]:
    """The reports that a claim of these months reads. The operator's own leases count nowhere and need none."""
    return frozenset(
        (lease.base_code, month)
        for lease in leases
        if not lease.operator_space
        for month in months
        if Month.of(lease.first) <= month <= Month.of(lease.last)
    )


def require_frozen(
    leases: Iterable[LeaseDates], months: Collection[Month], frozen: Collection[BaseMonth], *, as_of: date
) -> None:
    """Refuse a claim that misses a frozen report, naming base and months and the command that freezes them."""
    missing: dict[str, list[Month]] = defaultdict(list)
    for base, month in sorted(reports_needed(leases, months) - frozenset(frozen)):
        missing[base].append(month)
    if not missing:
        return
    extra = {"missing": [{"base": base, "month": str(month)} for base in missing for month in missing[base]]}
    named = "; ".join(f"{base} {month_spans(of_base)}" for base, of_base in missing.items())
    running = [month for of_base in missing.values() for month in of_base if month.last >= as_of]
    if running:
        raise MissingReport(
            N_(
                "There is no frozen report of %(missing)s, and %(running)s had not ended on %(as_of)s: "
                "shorten the period."
            ),
            missing=named,
            running=month_spans(running),
            as_of=as_of.isoformat(),
            extra=extra,
        )
    commands = "; ".join(
        f"shared-base report close --base {base} --month {span}"
        for base, of_base in missing.items()
        for span in month_spans(of_base).split(", ")
    )
    raise MissingReport(
        N_("There is no frozen report of %(missing)s. Freeze them first: %(commands)s."),
        missing=named,
        commands=commands,
        extra=extra,
    )
