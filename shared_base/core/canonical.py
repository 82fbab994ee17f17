"""Canonical bytes (RFC 8785) and their SHA-256: what is hashed is what is stored."""

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785


def canonical_bytes(document: Mapping[str, Any]) -> bytes:
    """The one byte string of a JSON document (JSON Canonicalization Scheme)."""
    return rfc8785.dumps(dict(document))


def digest_of(document: Mapping[str, Any], *, without: tuple[str, ...] = ("digest", "closed_at")) -> str:
    """SHA-256 (hex) of the canonical form of all members but `without`."""
    return hashlib.sha256(canonical_bytes({k: v for k, v in document.items() if k not in without})).hexdigest()
