"""What a check finds, as data and as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from engine.graph.expand import Expansion
from engine.graph.graph import Link
from engine.graph.problems import CheckError, Problem
from engine.graph.types import Conversion, PortType


@dataclass(frozen=True)
class Report:
    """What a check found: problems, the types of ports with their facets, conversions on links.

    `types` goes by `node.port` of outputs and linked inputs; an input and an output of one name are
    told apart by `inputs` and `types`. `conversions` are told by the links of the workflow.
    """

    problems: tuple[Problem, ...]
    types: Mapping[str, PortType]
    inputs: Mapping[str, PortType]
    conversions: Mapping[Link, Conversion]

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def text(self) -> str:
        """A line for each problem."""
        return "\n".join(map(str, self.problems))

    def as_data(self) -> list[dict[str, str]]:
        """The problems as JSON data."""
        return [asdict(problem) for problem in self.problems]

    def raise_problems(self, nodes: Iterable[str] | None = None) -> None:
        """CheckError when there are problems at any of `nodes` (None: anywhere)."""
        among = None if nodes is None else {"", *nodes}
        found = tuple(item for item in self.problems if among is None or item.node in among)
        if found:
            raise CheckError(found)


class ToldTypes(Mapping[str, PortType]):
    """Types of ports by the names that people see as well: of instances, zones, and nodes in them.

    Of what is there in several iterations or cells it is the first.
    """

    def __init__(self, expansion: Expansion, flat: Mapping[str, PortType]) -> None:
        self._expansion = expansion
        self._flat = flat

    def __getitem__(self, name: str) -> PortType:
        if name in self._flat:
            return self._flat[name]
        ends, many = self._expansion.ends(name)
        found = [self._flat[str(end)] for end in ends if str(end) in self._flat]
        if not found:
            raise KeyError(name)
        return replace(found[0], many=many or found[0].many or len(found) > 1)

    def __iter__(self) -> Iterator[str]:
        yield from self._flat
        flat = self._expansion.parts[0].flat
        yield from (name for port in flat.ports if (name := str(port)) in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def conversions_data(conversions: Mapping[Link, Conversion]) -> list[dict[str, str]]:
    """Conversions on links as JSON data."""
    return [{"link": str(link), **way.as_data()} for link, way in conversions.items()]
