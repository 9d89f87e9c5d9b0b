"""Errors meant for the person at the canvas: what happened, where, and the way out."""

from __future__ import annotations

from typing import Self


class LoomError(Exception):
    """Any error a user should read as it is, without a traceback.

    `reason` is a sentence or two. `node` and `field` say where, when that is known; `remedy` says
    what to do. `str(error)` joins them: "denoise.steps: 0 is too small. Set it from 1 to 1000."
    """

    def __init__(self, reason: str, *, node: str = "", field: str = "", remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.node = node
        self.field = field
        self.remedy = remedy

    @property
    def where(self) -> str:
        """`node.field`, or as much of it as is known."""
        return ".".join(part for part in (self.node, self.field) if part)

    def at(self, node: str, field: str = "") -> Self:
        """The same error, placed at `node` (and `field`) where it does not say so already."""
        self.node = self.node or node
        self.field = self.field or field
        return self

    def __str__(self) -> str:
        return sentence(self.where, self.reason, self.remedy)


class SpecError(LoomError):
    """A node's signature does not make a specification: a mistake of the pack's author."""


class UnknownNodeError(LoomError):
    """No loaded pack offers this node type."""


class ParamError(LoomError):
    """A parameter value is of the wrong type or out of range."""


class GraphError(LoomError):
    """An edit that the graph can't take: an unknown node, a name already in use."""


class CycleError(GraphError):
    """The links go round in a circle; `cycle` lists the nodes, the first one again at the end."""

    def __init__(self, cycle: tuple[str, ...]) -> None:
        super().__init__(
            f"The links go round in a circle: {' → '.join(cycle)}.",
            node=cycle[0],
            remedy="Remove one of these links.",
        )
        self.cycle = cycle


class WorkflowError(LoomError):
    """A workflow file can't be read or written."""


class CacheError(LoomError):
    """The folder that keeps results can't be used."""


class NodeError(LoomError):
    """A node failed while it ran; `__cause__` is what it raised."""


class Cancelled(Exception):
    """The run was asked to stop; raised inside a node by its context, caught by the executor."""


def sentence(where: str, reason: str, remedy: str = "") -> str:
    """One line of text from the three parts of a problem."""
    text = f"{where}: {reason}" if where else reason
    return f"{text} {remedy}" if remedy else text
