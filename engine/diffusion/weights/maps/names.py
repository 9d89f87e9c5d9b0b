"""Names of weights in two layouts: rules for whole modules or single tensors, read both ways.

"Ours" are the names of a published Diffusers folder, which are those of our modules; "theirs" are
the other layout's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class How(Enum):
    """How a tensor of theirs becomes ours."""

    SAME = "the same numbers in the same shape"
    LINEAR = "a 1×1 convolution of theirs is a linear layer of ours"
    TRANSPOSED = "rows and columns change places"
    STACKED = "several tensors of ours lie one behind the other in one of theirs"


@dataclass(frozen=True)
class Rule:
    """`theirs` is a module or tensor; whatever follows it in a name stays as it is.

    `ours` are several only where `how` is STACKED.
    """

    theirs: str
    ours: tuple[str, ...]
    how: How = How.SAME


def same(theirs: str, ours: str) -> Rule:
    """A module that only has another name."""
    return Rule(theirs, (ours,))


class NameMap:
    """Rules as two tables; where several fit a name the longest does."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._theirs: dict[str, Rule] = {}
        self._ours: dict[str, tuple[Rule, int]] = {}
        for rule in rules:
            self._theirs[rule.theirs] = rule
            for index, name in enumerate(rule.ours):
                self._ours[name] = (rule, index)

    def to_ours(self, theirs: str) -> tuple[tuple[str, ...], How] | None:
        """Our names of a tensor of theirs, in order, and how; None where no rule fits."""
        for head, tail in _splits(theirs):
            if rule := self._theirs.get(head):
                return tuple(name + tail for name in rule.ours), rule.how
        return None

    def to_theirs(self, ours: str) -> tuple[str, How, int] | None:
        """Their name of a tensor of ours, how, and which part of theirs ours is."""
        for head, tail in _splits(ours):
            if found := self._ours.get(head):
                rule, index = found
                return rule.theirs + tail, rule.how, index
        return None

    def parts(self, theirs: str) -> int:
        """How many tensors of ours make up one of theirs."""
        found = self.to_ours(theirs)
        return len(found[0]) if found else 0


def _splits(name: str) -> Iterable[tuple[str, str]]:
    """Every way to cut a dotted name in two, the longest head first: (a.b, ""), (a, ".b")."""
    end = len(name)
    while end > 0:
        yield name[:end], name[end:]
        end = name.rfind(".", 0, end)
