"""A printed page never bears a digest that is not its own."""

from collections.abc import Mapping
from typing import Any

from shared_base.core.canonical import digest_of
from shared_base.core.errors import Conflict
from shared_base.core.i18n import N_


def require_intact(document: Mapping[str, Any]) -> None:
    """Raise `Conflict` where the `digest` of a frozen document is not that of its content: it was altered."""
    if digest_of(document) != document["digest"]:
        raise Conflict(
            N_(
                "The document does not match its digest %(digest)s: it was altered after it was frozen, or cut short."
                " Fetch it again from where it was frozen, and tell an administrator if it stays so."
            ),
            digest=document["digest"],
        )
