"""Whether a result was made again as it was, and where not, what is different from then.

A saved result carries how it was made: `workflow`, `models` (name → content hash), `versions` of
libraries, `environment`. Two such records are compared, then's and today's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

Outcome = Literal["equal", "close", "different"]
What = Literal["node", "model", "library", "environment"]

_TABLES: tuple[tuple[What, str], ...] = (
    ("model", "models"),
    ("library", "versions"),
    ("environment", "environment"),
)


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was: a node's version, a model's hash, a library, the device."""

    what: What
    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.what} {self.name}: {self.before} → {self.after}"


@dataclass(frozen=True)
class Verdict:
    """How far a result made again is from the first: the largest difference of any value.

    `tolerance` is how much still counts as close; `largest` is None where shapes differ, so that
    nothing can be compared. `differences` say what may be the cause.
    """

    largest: float | None
    tolerance: float
    differences: tuple[Difference, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Bit-equal, within the tolerance, or different."""
        if self.largest == 0:
            return "equal"
        close = self.largest is not None and self.largest <= self.tolerance
        return "close" if close else "different"

    def text(self) -> str:
        """What came of it, and a line for each thing that is not as it was."""
        match self.outcome:
            case "equal":
                said = "bit-equal"
            case "close":
                said = f"within tolerance: the largest difference is {self.largest:g}"
            case "different" if self.largest is None:
                said = "different: it has another size"
            case "different":
                said = (
                    f"different: the largest difference is {self.largest:g}, more than "
                    f"{self.tolerance:g}"
                )
        lines = [f"  {difference}" for difference in self.differences]
        if not lines and self.outcome != "equal":
            edited = ": the picture may have been edited" if self.outcome == "different" else ""
            lines = [f"  Everything that was recorded is as it was{edited}."]
        return "\n".join((said, *lines))

    def as_data(self) -> dict[str, Any]:
        """The verdict as JSON data."""
        return {"outcome": self.outcome, **asdict(self)}


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What is not as it was; what one of the records does not say is left out.

    Never raises for what the records hold: one of them may come from anywhere.
    """
    found = list(_compared("node", _node_versions(then), _node_versions(now)))
    for what, key in _TABLES:
        found += _compared(what, _table(then, key), _table(now, key))
    return tuple(found)


def _compared(what: What, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    for name in then:
        if name in now and then[name] != now[name]:
            yield Difference(what, name, then[name], now[name])


def _table(record: Mapping[str, Any], key: str) -> dict[str, str]:
    """The texts by name under a key; nothing where it is no such table."""
    return {name: str(value) for name, value in _object(record.get(key)).items()}


def _node_versions(record: Mapping[str, Any]) -> dict[str, str]:
    """Type and version of each node, those inside subgraphs too."""
    workflow = _object(record.get("workflow"))
    found = _versions_of(workflow, "")
    for name, definition in _object(workflow.get("definitions")).items():
        found |= _versions_of(_object(definition), f"subgraph:{name}/")
    return found


def _versions_of(data: Mapping[str, Any], prefix: str) -> dict[str, str]:
    nodes = {name: _object(node) for name, node in _object(data.get("nodes")).items()}
    return {
        prefix + name: f"{node.get('type')} version {node.get('version', 1)}"
        for name, node in nodes.items()
    }


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
