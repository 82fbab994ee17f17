"""What a pass shows: its id and a seal (a message authentication code), as one code that people can also type.

The seal is HMAC-SHA256 (RFC 2104) of the id under a key of the house, cut to its first 128 bits (RFC 2104, 5). So no
secret is stored: whoever copies the table can make no pass, and a guess is right once in 2^128 times.

The signs are Crockford's base 32: none of them looks like another, case does not matter, and scanners that work as a
keyboard type them alike under most layouts.
"""

import base64
import hashlib
import hmac
import re
from uuid import UUID

from shared_base.core.fields import folded

SEAL_BYTES = 16
#: 16 bytes of id and 16 of seal, five bits a sign
LENGTH = 52
_RFC_4648, _CROCKFORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WRITE = str.maketrans(_RFC_4648, _CROCKFORD)
# what people read for a sign that is not among them
_READ = str.maketrans(_CROCKFORD + "OIL", _RFC_4648 + "ABB")


def key_of(secret: str) -> bytes:
    """The key of passes, from the house's secret: known to nothing else that the secret signs."""
    return hmac.digest(secret.encode(), b"shared-base booking pass v1", hashlib.sha256)


def seal(key: bytes, pass_id: UUID) -> bytes:
    return hmac.digest(key, pass_id.bytes, hashlib.sha256)[:SEAL_BYTES]


def _packed(key: bytes, pass_id: UUID) -> str:
    return base64.b32encode(pass_id.bytes + seal(key, pass_id)).decode().rstrip("=")


def write(key: bytes, pass_id: UUID) -> str:
    """The pass's code: 52 signs."""
    return _packed(key, pass_id).translate(_WRITE)


def in_groups(code: str) -> list[str]:
    """The code in groups of four, to be read out and typed."""
    return [code[at : at + 4] for at in range(0, len(code), 4)]


def read(key: bytes, text: str) -> UUID | None:
    """The id of the pass whose code was scanned or typed, alone or as the end of an address; None for anything else.

    Full-width signs, blanks, hyphens and case do not matter: a scanner types under whatever the keyboard is set to. A
    pass has one code: all of it is compared with what it would have to be, in constant time.
    """
    # a scanner reads whatever is held before it: nothing longer than an address is looked at
    signs = folded(text[:500]).rstrip("/").rpartition("/")[2].translate(_READ)
    if not re.fullmatch(f"[A-Z2-7]{{{LENGTH}}}", signs):
        return None
    pass_id = UUID(bytes=base64.b32decode(signs + "=" * (-LENGTH % 8))[:16])
    return pass_id if hmac.compare_digest(signs, _packed(key, pass_id)) else None
