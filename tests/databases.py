"""A database of the tests and how to connect to it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TestDatabase:
    """A migrated database: the app role's URL, the owner's, the superuser's."""

    __test__ = False
    name: str
    app: str
    owner: str
    superuser: str
