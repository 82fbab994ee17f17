"""A revision's changes: every figure that differs, by a path that people can read, and nothing else."""

from typing import Any

from shared_base.occupancy.changes import changes_between

REPORT: dict[str, Any] = {
    "schema": "shared-base/occupancy-report/1",
    "base": "HRB",
    "month": "2026-09",
    "timezone": "Asia/Shanghai",
    "revision": 1,
    "inputs": {"stays": 1, "digest": "a"},
    "totals": {"used_seconds": 10, "utilisation": None},
    "studios": [{"code": "S01", "used_seconds": 10}, {"code": "S02", "used_seconds": 0}],
    "tenants": [{"uscc": "9144", "used_seconds": 10}],
    "leases": [{"ref": "L1", "uscc": "9144", "rent_due_fen": 5, "recognised": True}],
    "by_local_day": {"2026-09-01": {"used_seconds": 10}},
    "by_hour": [10, 0],
    "warnings": [{"code": "auto_closed", "subject": "HRB", "text": "1 …"}],
}


def test_what_was_read_and_which_revision_it_is_are_no_figures() -> None:
    assert changes_between(REPORT, {**REPORT, "revision": 2, "inputs": {"stays": 2, "digest": "b"}}) == {}


def test_each_figure_that_differs_is_named_with_its_value_before_and_after() -> None:
    after = {
        **REPORT,
        "totals": {"used_seconds": 12, "utilisation": "0.5000"},
        "studios": [{"code": "S01", "used_seconds": 12}, {"code": "S02", "used_seconds": 0}],
        "tenants": [],
        "leases": [{"ref": "L1", "uscc": "9133", "rent_due_fen": 5, "recognised": False}],
        "by_local_day": {"2026-09-01": {"used_seconds": 12}},
        "by_hour": [10, 2],
        "warnings": [{"code": "utilisation_above_one", "subject": "S01", "text": "…"}],
    }
    assert changes_between(REPORT, after) == {
        "totals/used_seconds": {"before": 10, "after": 12},
        "totals/utilisation": {"before": None, "after": "0.5000"},
        "studios/S01/used_seconds": {"before": 10, "after": 12},
        "tenants/9144/used_seconds": {"before": 10, "after": None},
        "leases/L1/uscc": {"before": "9144", "after": "9133"},
        "leases/L1/recognised": {"before": True, "after": False},
        "by_local_day/2026-09-01/used_seconds": {"before": 10, "after": 12},
        "by_hour/1": {"before": 0, "after": 2},
        "warnings/auto_closed/HRB": {"before": "1 …", "after": None},
        "warnings/utilisation_above_one/S01": {"before": None, "after": "…"},
    }
