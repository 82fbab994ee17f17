"""`python -m bench.soak`: a million contended attempts over the API; exit status 1 for an overlap or a fault."""

import argparse
import sys

from bench import contention
from bench.data import load_bookings
from bench.ground import Ground


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--attempts", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=60.0, help="stop then, and say how many it were (60)")
    options = parser.parse_args()
    with Ground() as ground:
        database = ground.database("soak")
        house = load_bookings(database.superuser, bookings=10_000)
        told = contention.fight(ground, database, house, attempts=options.attempts, seconds=options.minutes * 60)
        found = contention.overlaps(database)
    print(f"{told.attempts:,} contended attempts in {told.seconds:,.0f} s ({told.attempts / told.seconds:,.0f}/s)")
    for (deed, status), number in sorted(told.answers.items()):
        print(f"  {deed:7} {status}  {number:>10,}")
    print(f"overlaps {found}, answers of 5xx {told.faults}")
    return 1 if found or told.faults else 0


if __name__ == "__main__":
    sys.exit(main())
