"""What keeps a graph from running: as data, as text, as an error."""

from __future__ import annotations

from dataclasses import dataclass

from engine.graph.errors import LoomError, sentence


@dataclass(frozen=True)
class Problem:
    """One thing that keeps a graph from running. `code` names its sort for programs.

    `node` is a node's id; `instance/node` for one inside an instance of a subgraph, and
    `subgraph:name/node` for one that every instance of a subgraph has.
    """

    code: str
    node: str
    port: str
    reason: str
    remedy: str

    @property
    def where(self) -> str:
        """`node.port`, or as much of it as there is."""
        return ".".join(part for part in (self.node, self.port) if part)

    def __str__(self) -> str:
        return sentence(self.where, self.reason, self.remedy)


class CheckError(LoomError):
    """A graph has problems; `problems` lists them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def problem(code: str, error: LoomError) -> Problem:
    """An error that was found while looking, as one problem among others."""
    return Problem(code, error.node, error.field, error.reason, error.remedy)
