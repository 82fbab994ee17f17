"""Freezing a month of a million bookings, beside bare SQL for the same figures; done in a process of its own."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from bench.data import load_month
from bench.figures import Line
from bench.ground import ROOT, Ground

ROUNDS = 3
#: how much the process may grow from an empty month to a full one, in MB: buffers of the driver, no rows
FLAT = 16


def measure(ground: Ground, *, bookings: int, say: Callable[[str], None]) -> tuple[list[Line], dict[str, Any]]:
    """Each round: bare SQL, the figures without and with the digest of the rows, and the whole freezing."""
    say(f"loading a month of {bookings:,} bookings …")
    database = ground.database("bench_month")
    loaded = load_month(database.superuser, bookings=bookings)
    say(f"loaded in {loaded.seconds:.0f} s")
    environment = {**ground.environment(database), "BENCH_SUPERUSER_URL": database.superuser}
    done = subprocess.run(
        [sys.executable, "-m", "bench.closing", str(ROUNDS)],
        env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=1_800,
    )  # fmt: skip
    found = json.loads(done.stdout)
    rounds = found["rounds"]
    bare = [sum(each["bare"].values()) for each in rounds]
    sums = [each["bare"]["totals"] + each["bare"]["unions"] for each in rounds]
    digest = [each["with_digest"] - each["figures"] for each in rounds]
    close = [each["close"] - apart for each, apart in zip(rounds, digest, strict=True)]
    ratio, strict = (
        statistics.median(mine / other for mine, other in zip(close, others, strict=True)) for others in (bare, sums)
    )
    grown = found["peak_mb_after"] - found["peak_mb_before"]
    return [
        Line(f"report close, {bookings:,} bookings: beside bare SQL for its figures", _seconds(close), _seconds(bare),
             ratio, "≤ 1.5", ratio <= 1.5),
        Line("  … beside bare totals and unions alone, no days and hours", _seconds(close), _seconds(sums), strict),
        Line("  … digest of every row, apart", _seconds(digest)),
        Line("  … peak memory of the process, empty month and full", f"{found['peak_mb_after']:.0f} MB",
             f"{found['peak_mb_before']:.0f} MB", None, f"+ ≤ {FLAT} MB", grown <= FLAT),
    ], {"ratio": ratio, "ratio_to_totals_and_unions": strict, "cores": os.cpu_count(), **found}  # fmt: skip


def _seconds(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} s"
