"""Imports point down only: the contracts of `.importlinter` hold, and the record of them is up to date."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "docs" / "decisions" / "0014-layers-and-rooms.md"


def test_every_import_keeps_to_the_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_record_of_the_layers_names_them_in_the_order_that_is_checked() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    layers = re.findall(r"\w+", contracts["importlinter:contract:rooms"]["layers"])
    order = re.search(r"^`app` →.*?`core`$", RECORD.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert order is not None
    assert re.findall(r"\w+", order[0]) == layers
