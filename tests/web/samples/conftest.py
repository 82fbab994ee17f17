"""The house of these tests, shared with the other rooms' pages."""

from tests.web.tenancy.house import browser_of, house, operator, owner, reviewer, stranger

__all__ = ["browser_of", "house", "operator", "owner", "reviewer", "stranger"]
