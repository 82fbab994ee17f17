"""`python -m bench`: measure, print one table, write build/bench.json. Exit status 1 when a goal was missed."""

import argparse
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench import booking, browser, contention, live, month, reading, together, workbook
from bench.data import BOOKINGS, load_bookings
from bench.figures import Line, table
from bench.ground import ROOT, Ground

#: what `--only` names, in the order in which it is measured; the first six share one load of data
NAMES = ("booking", "availability", "timeline", "live", "together", "contention", "month", "workbook", "browser")
RESULT = ROOT / "build" / "bench.json"

Found = tuple[list[Line], dict[str, Any]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=NAMES, action="append", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="a tenth of the data: minutes become seconds")
    options = parser.parse_args()
    # asked to end, we leave as after an error: servers are stopped and files removed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wanted = options.only or list(NAMES)
    bookings = BOOKINGS // 10 if options.quick else BOOKINGS
    lines: list[Line] = []
    figures: dict[str, Any] = {}

    def take(name: str, measure: Callable[[], Found]) -> None:
        if name in wanted:
            _say(f"{name} …")
            found, figures[name] = measure()
            lines.extend(found)

    with Ground() as ground:
        if {"booking", "availability", "timeline", "live", "together", "contention"} & set(wanted):
            _say(f"loading {bookings:,} bookings …")
            database = ground.database("bench_bookings")
            house = load_bookings(database.superuser, bookings=bookings)
            _say(f"loaded in {house.seconds:.0f} s")
            take("availability", lambda: reading.availability(ground, database, house))
            take("timeline", lambda: reading.timeline(ground, database))
            take("live", lambda: live.measure(ground, database, house))
            take("booking", lambda: booking.measure(ground, database, house, quick=options.quick))
            take("together", lambda: together.measure(ground, database, house))
            take("contention", lambda: contention.measure(ground, database, house, quick=options.quick))
        take("month", lambda: month.measure(ground, bookings=bookings, say=_say))
        take("workbook", lambda: workbook.measure(ground))
        take("browser", lambda: browser.measure(ground, say=_say))
    print(table(lines))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(_document(lines, figures, quick=options.quick), ensure_ascii=False, indent=1) + "\n")
    print(f"\nwritten to {RESULT.relative_to(ROOT)}")
    return 1 if any(line.met is False for line in lines) else 0


def _document(lines: list[Line], figures: dict[str, Any], *, quick: bool) -> dict[str, Any]:
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "load_average": os.getloadavg(),
        },
        "quick": quick,
        "lines": [line.as_json() for line in lines],
        "figures": figures,
    }


STARTED = time.monotonic()


def _say(text: str) -> None:
    print(f"{time.monotonic() - STARTED:6.1f} s  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
