"""When a base is open, in SQL: the one place that turns opening hours and special days into instants.

Local times become instants as PostgreSQL does it, here as in the month report: a time that the clock skips falls after
the gap, one that it shows twice is the later. Openings that touch are one (`range_agg`), so a base that is open
round the clock has one long opening, and so has one that opens at the minute at which the day before closes.

A special day speaks for the opening that begins on it, and for no other: an evening that was open until two the next
morning stays so, whatever the next day says.
"""


def openings(base: str, zone: str, first: str, last: str) -> str:
    """A sub-select of one `tstzmultirange`: the openings of the local days `first` to `last` (SQL expressions)."""
    return f"""
    select coalesce(range_agg(tstzrange(opened.at, greatest(opened.at, closed.at))), '{{}}') as hours
    from generate_series(cast({first} as timestamp), cast({last} as timestamp), interval '1 day') as midnight
    left join special_days special on special.base_id = {base} and special.day = cast(midnight as date)
    left join opening_hours rule
      on special.day is null and rule.base_id = {base} and rule.valid @> cast(midnight as date)
    cross join lateral (
      select (midnight + make_interval(mins => coalesce(special.opens_minute, rule.opens_minute))) at time zone {zone}
        as at
    ) opened
    cross join lateral (
      select (midnight + make_interval(mins => coalesce(special.closes_minute, rule.closes_minute))) at time zone {zone}
        as at
    ) closed
    where opened.at is not null
    """  # noqa: S608 (the arguments are expressions of our own statements)


def local_days(start: str, end: str, zone: str) -> str:
    """The local days that `[start, end)` touches, as a `daterange` (SQL expressions)."""
    return (
        f"daterange(cast({start} at time zone {zone} as date),"
        f" cast(({end} - interval '1 microsecond') at time zone {zone} as date), '[]')"
    )
