"""`make bench`: the product beside bare SQL and a bare Flask view, as ratios of one run (docs/benchmarks.md)."""
