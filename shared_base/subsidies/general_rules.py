"""How the explanation cites the rules that all policies share: the steps of the claim arithmetic, by number.

Their words stand in the documents' appendix and in `docs/decisions/0002-policies-and-the-step-engine.md`.
"""

MONTHS = "测算口径 1"
RENT = "测算口径 3"
CLOCK = "测算口径 4"
WHOLE = "测算口径 5"
