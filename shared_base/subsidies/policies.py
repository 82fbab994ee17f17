"""The policies a claim may rest on: one TOML file each, loaded strictly, every figure dated and cited."""

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from shared_base.core.canonical import digest_of
from shared_base.core.i18n import N_
from shared_base.core.periods import Month
from shared_base.subsidies.errors import BadPolicyFile, UnknownPolicy
from shared_base.subsidies.formulas import FORMULAS
from shared_base.subsidies.parameters import Cited, Dated, OpenOrKnown, Parameters, Strict, Text, covers, in_force
from shared_base.subsidies.wording import Wording

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "policies"

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Division = Annotated[str, Field(pattern=r"^[1-9][0-9]{5}$")]

#: What data can answer, and the threshold parameter each test reads.
TESTS: Mapping[str, str | None] = {
    "leased_area_above": "leased_area_above",
    "months_in_base": "months_in_base",
    "recognised_base": None,
    "lease_running": None,
}


class Bilingual(Strict):
    zh: Text
    en: Text

    @property
    def wording(self) -> Wording:
        """The two texts, safe to be put into templates."""
        return Wording(self.zh, self.en)


class Source(Strict):
    """Where figures come from. `public_page`: a public page or reprint, not the bureau's own text, so that every
    result is an estimate until that text is at hand."""

    title: Text
    document: Text
    basis: Literal["official_text", "public_page"]
    url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None


class Place(Bilingual):
    """Where the policy applies, as GB/T 2260 divisions (a code that ends in `00` holds all below it). No condition."""

    divisions: Annotated[tuple[Division, ...], Field(min_length=1)]

    def holds(self, division: str) -> bool:
        return any(division.startswith(_prefix(code)) for code in self.divisions)


class DatedFormula(Dated):
    name: Text


class Condition(Cited):
    """A condition of the policy: `test` names what the data answers; without one it must be declared."""

    id: Slug
    text: Bilingual
    test: Text | None = None


class Policy(Strict):
    """A subsidy policy: its place, sources, formula, parameters and conditions, all dated and cited."""

    id: Slug
    version: Text
    status: Literal["in_force", "draft"]
    name: Bilingual
    place: Place
    #: the last day on which the values were known to hold; claims for later months say so
    last_value_still_valid_on: date
    #: `prior_year`: the application is for the rent of the calendar year before it
    pays_for: Literal["period", "prior_year"] = "period"
    sources: Annotated[dict[str, Source], Field(min_length=1)]
    formula: Annotated[tuple[DatedFormula, ...], Field(min_length=1)]
    parameters: Parameters
    conditions: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_citations(self)
        _check_formulas(self)
        _check_conditions(self)
        return self

    @property
    def digest(self) -> str:
        """SHA-256 over all that the policy states: two claims with the same one rest on the same parameters."""
        return digest_of(self.model_dump(mode="json"), without=())

    @property
    def estimate(self) -> bool:
        """Whether any source is not the bureau's own text."""
        return any(source.basis == "public_page" for source in self.sources.values())

    @property
    def main_source(self) -> Source:
        """The first source the file gives."""
        return next(iter(self.sources.values()))

    @property
    def declared_conditions(self) -> tuple[Condition, ...]:
        return tuple(condition for condition in self.conditions if condition.test is None)

    def formula_in(self, month: Month) -> str | None:
        """The name of the formula that holds in `month`; `None` where the policy is not in force."""
        formula = in_force(self.formula, month)
        return formula.name if formula else None

    def open_parameters(self, months: list[Month]) -> list[str]:
        """The parameters that the source leaves open in some of `months`."""
        return [
            name
            for name, values in _parameter_values(self.parameters)
            if any(
                isinstance(value, OpenOrKnown) and value.open and any(map(value.holds_in, months)) for value in values
            )
        ]


@dataclass(frozen=True)
class Policies:
    """The policies at hand, by id."""

    by_id: Mapping[str, Policy]

    def get(self, policy_id: str) -> Policy:
        """The policy; `UnknownPolicy` names those there are."""
        if policy_id not in self.by_id:
            raise UnknownPolicy(
                N_("There is no policy %(id)s. Choose one of: %(known)s."),
                id=policy_id,
                known=", ".join(sorted(self.by_id)),
            )
        return self.by_id[policy_id]

    def __iter__(self) -> Iterator[Policy]:
        return iter(sorted(self.by_id.values(), key=lambda policy: policy.id))


def policy_from(text: str, *, name: str) -> Policy:
    """A policy from the text of its file; `BadPolicyFile` says what is wrong and where."""
    try:
        return Policy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadPolicyFile(N_("Policy file %(name)s is not TOML: %(why)s."), name=name, why=str(error)) from error
    except ValidationError as error:
        faults = [f"{'.'.join(str(part) for part in fault['loc']) or '—'}: {fault['msg']}" for fault in error.errors()]
        raise BadPolicyFile(
            N_("Policy file %(name)s is not valid: %(why)s."),
            name=name,
            why="; ".join(faults),
            extra={"errors": faults},
        ) from error


def load_policies(directory: Path) -> Policies:
    """All policies of a directory; each file is named for its policy's id."""
    policies: dict[str, Policy] = {}
    for path in sorted(directory.glob("*.toml")):
        policy = policy_from(path.read_text(encoding="utf-8"), name=path.name)
        if policy.id != path.stem:
            raise BadPolicyFile(
                N_("Policy file %(name)s is not valid: %(why)s."), name=path.name, why=f"its id is {policy.id}"
            )
        policies[policy.id] = policy
    return Policies(policies)


@functools.cache
def shipped_policies() -> Policies:
    """The policies that come with the product, `config/policies/*.toml`."""
    return load_policies(SHIPPED)


def _prefix(division: str) -> str:
    while division.endswith("00"):
        division = division[:-2]
    return division


def _parameter_values(parameters: Parameters) -> Iterator[tuple[str, tuple[Dated, ...]]]:
    for name in Parameters.model_fields:
        yield name, getattr(parameters, name)


def _check_citations(policy: Policy) -> None:
    cited: list[Any] = [*policy.formula, *policy.conditions]
    for _, values in _parameter_values(policy.parameters):
        cited.extend(values)
    for fact in cited:
        if fact.source not in policy.sources:
            raise ValueError(f"source {fact.source!r} is cited but not listed under sources")


def _check_formulas(policy: Policy) -> None:
    """Each formula has what it needs for as long as it holds, and nothing is stated that no formula reads."""
    stated = {name for name, values in _parameter_values(policy.parameters) if values}
    read: set[str] = set()
    for earlier, later in pairwise(policy.formula):
        if earlier.valid_to is None or later.valid_from <= earlier.valid_to:
            raise ValueError("formula: entries are sorted by date and do not overlap")
    for entry in policy.formula:
        if entry.name not in FORMULAS:
            raise ValueError(f"formula {entry.name!r} is unknown; there are {', '.join(FORMULAS)}")
        formula = FORMULAS[entry.name]
        read |= formula.reads
        for group in formula.needs:
            given = stated & group
            if len(given) != 1:
                raise ValueError(f"formula {entry.name} needs exactly one of {', '.join(sorted(group))}")
            if not covers(getattr(policy.parameters, *given), entry.valid_from, entry.valid_to):
                raise ValueError(f"{', '.join(given)}: has no value for part of the time of formula {entry.name}")
    of_a_formula = frozenset[str]().union(*(formula.reads for formula in FORMULAS.values()))
    if unread := (stated & of_a_formula) - read:
        raise ValueError(f"no formula of this policy reads {', '.join(sorted(unread))}")


def _check_conditions(policy: Policy) -> None:
    ids = [condition.id for condition in policy.conditions]
    if len(ids) != len(set(ids)) or "all" in ids:
        raise ValueError("conditions: ids are unique, and none is 'all'")
    tests = [condition.test for condition in policy.conditions if condition.test]
    if len(tests) != len(set(tests)):
        raise ValueError("conditions: a test is named once")
    for test in tests:
        if test not in TESTS:
            raise ValueError(f"test {test!r} is unknown; there are {', '.join(TESTS)}")
    for test, threshold in TESTS.items():
        values: tuple[Dated, ...] = getattr(policy.parameters, threshold) if threshold else ()
        if threshold and bool(values) != (test in tests):
            raise ValueError(f"test {test} and its threshold {threshold} are stated together")
        if values and not covers(values, policy.formula[0].valid_from, policy.formula[-1].valid_to):
            raise ValueError(f"{threshold}: has no value for part of the policy's time")
