"""Why a claim is refused. Each says what is missing and what to do; none leaves anything behind."""

from shared_base.core.errors import Conflict, Forbidden, Invalid, NotFound
from shared_base.core.i18n import N_


class BadPolicyFile(Invalid):
    """A policy file that cannot be trusted: unknown keys, a value without its source, a gap in its dates."""

    type = "bad-policy-file"
    title = N_("A policy file is not valid")


class UnknownPolicy(NotFound):
    type = "unknown-policy"
    title = N_("No such policy")


class UnknownTenant(NotFound):
    type = "unknown-tenant"
    title = N_("No such enterprise")


class UnknownClaim(NotFound):
    type = "unknown-claim"
    title = N_("No such claim")


class NotYourClaim(Forbidden):
    """The enterprise's figures are not this person's to compute, or only in part."""

    type = "not-your-claim"
    title = N_("Not yours to claim")


class UnknownDeclaration(Invalid):
    type = "unknown-declaration"
    title = N_("Not a condition to declare")


class MissingDeclaration(Invalid):
    """`extra["conditions"]` lists what is still to be declared."""

    type = "missing-declaration"
    title = N_("Conditions must be declared")


class UnknownAssumption(Invalid):
    type = "unknown-assumption"
    title = N_("Not a figure to assume")


class MalformedAssumption(Invalid):
    type = "malformed-assumption"
    title = N_("The assumed figure is not valid")


class OpenParameter(Invalid):
    """`extra["parameters"]` lists what the source leaves open."""

    type = "open-parameter"
    title = N_("The source leaves a figure open")


class MissingReport(Conflict):
    """`extra["missing"]` lists base and month of each report that is not frozen."""

    type = "missing-report"
    title = N_("A month report is not frozen")
