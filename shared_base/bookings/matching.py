"""Who does what when people can do several things: a matching in a bipartite graph (augmenting paths)."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Role = TypeVar("Role", bound=Hashable)
One = TypeVar("One", bound=Hashable)


def match(candidates: Mapping[Role, Sequence[One]], numbers: Mapping[Role, int]) -> dict[Role, list[One]]:
    """As many of each role as asked for, as far as there are enough, nobody in two of them.

    Earlier candidates are taken first where it makes no difference. If all of it can be had, all of it is.
    """
    holder: dict[One, Role] = {}

    def give(role: Role, seen: set[One]) -> bool:
        """Find one for the role, if need be by finding somebody else for the role they would leave."""
        for one in candidates[role]:
            if one in seen:
                continue
            seen.add(one)
            if one not in holder or give(holder[one], seen):
                holder[one] = role
                return True
        return False

    for role in candidates:
        for _ in range(numbers[role]):
            if not give(role, set()):
                break
    given: dict[Role, list[One]] = {role: [] for role in candidates}
    for one, role in holder.items():
        given[role].append(one)
    order = {role: {one: place for place, one in enumerate(candidates[role])} for role in candidates}
    return {role: sorted(ones, key=order[role].__getitem__) for role, ones in given.items()}
