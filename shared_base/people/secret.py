"""Secrets that open something: cookies of sessions, API tokens, one-time links. 256 random bits, stored as a digest."""

import hashlib
import secrets

#: what an API token begins with, so that scanners of source code know a leaked one
TOKEN_PREFIX = "sb_"  # noqa: S105 (not a secret)


def new_secret() -> str:
    """A secret of 43 characters that fit a cookie, a header and an address."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a secret. It is random, so a plain SHA-256 is enough: there is nothing to guess."""
    return hashlib.sha256(secret.encode()).digest()


def waiting_digest(secret: str) -> bytes:
    """What is stored of a secret that still waits for the second factor.

    Another function, so that nothing a caller can send as a cookie has this value as its `digest`.
    """
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"second-factor").digest()
