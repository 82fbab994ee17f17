"""What readers call things: a frozen report holds codes only, since names may change and its bytes may not."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ReportNames:
    """The names beside a report's codes, and why it was revised. A code without a name is printed alone."""

    base: str
    #: studio code → name
    studios: Mapping[str, str] = field(default_factory=dict)
    #: USCC → name
    tenants: Mapping[str, str] = field(default_factory=dict)
    #: why a later revision was made (`report revise --reason`); nothing for revision 1
    revision_reason: str | None = None
