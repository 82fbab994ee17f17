"""The codes that people read and say: `BK-7F3K9Q`."""

import secrets

#: without 0/O, 1/I/L and U/V: what is said over a counter is written down right
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
LENGTH = 6


def new_code() -> str:
    """A random code, one of 594,823,321. It may be taken: whoever inserts it asks the database (`ON CONFLICT`)."""
    return "BK-" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
