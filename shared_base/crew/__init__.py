"""The base's crew (场务): who can do what (场控、助播、运营), and when they work."""
