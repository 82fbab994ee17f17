"""Loading: the import of the two-bases workbook and of the demo, each as a command on an empty database."""

from typing import Any

from bench.figures import Line
from bench.ground import ROOT, Ground

TWO_BASES = ROOT / "tests" / "data" / "two-bases"


def measure(ground: Ground) -> tuple[list[Line], dict[str, Any]]:
    """Seconds from the shell's point of view, the interpreter's start included."""
    imported = ground.command(ground.database("bench_workbook"), "import", str(TWO_BASES))
    demo = ground.command(ground.database("bench_demo"), "demo", "load")
    return [
        Line("import of the two-bases workbook (3,459 bookings)", f"{imported:.1f} s"),
        Line("demo load, three months closed", f"{demo:.1f} s"),
    ], {"import_seconds": imported, "demo_seconds": demo}
