"""What came of a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.graph.cache import Lost
from engine.graph.errors import GraphError, NodeError
from engine.graph.flat import Given
from engine.graph.graph import Graph, Source
from engine.graph.prepare import Job
from engine.graph.problems import Problem
from engine.graph.run import Run
from engine.graph.sweep import Cell, Grid


@dataclass(frozen=True)
class Result:
    """What came of a run.

    `ran` and `cached` list nodes in the order of links; `failed` holds the error of each node that
    failed, `blocked` the failed node that keeps each other one from running. `files` are those that
    requested effects wrote, now or earlier. `graph` is the workflow with seeds drawn and models
    pinned; `grid` has the cells of its sweep. Nodes inside subgraphs and zones, and those that
    differ between cells, go by the ids they have written out: `fix/denoise`, `loop#3/step`,
    `denoise@guidance=7.5`. `elsewhere` are problems of parts that nothing requested needs.

    Of a run that was cancelled before it was known what to run, `graph` is as it was given.
    """

    graph: Graph
    cancelled: bool
    seconds: float
    ran: tuple[str, ...] = ()
    cached: tuple[str, ...] = ()
    failed: Mapping[str, NodeError] = field(default_factory=dict[str, NodeError])
    blocked: Mapping[str, str] = field(default_factory=dict[str, str])
    files: tuple[Path, ...] = ()
    grid: Grid = field(default_factory=Grid)
    elsewhere: tuple[Problem, ...] = ()
    _done: Done | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether every requested output is there."""
        return not (self.failed or self.cancelled)

    def value(self, port: str, cell: Cell | None = None) -> Any:
        """The value at `node.port`; GraphError when the run did not make or keep it.

        `node` may be an instance or a zone; at a bypassed node it is what the node hands on. In a
        sweep it is the value in `cell`, by default the first.
        """
        try:
            if self._done is None:
                raise KeyError(port)
            return self._done.value(port, cell)
        except (KeyError, IndexError, Lost):
            raise GraphError(
                f"There is no value at {port}.",
                node=Source.parse(port).node,
                remedy="Ask for this node among the outputs.",
            ) from None

    def files_of(self, cell: Cell | None) -> tuple[Path, ...]:
        """Those of `files` that are of one cell of the sweep; of None, those of no cell alone."""
        return self._done.files_of(cell) if self._done else ()


@dataclass(frozen=True)
class Done:
    """A job that was carried out as far as it went; `ran` are the nodes that ran until then."""

    job: Job
    run: Run
    ran: Collection[str]

    def value(self, port: str, cell: Cell | None) -> Any:
        """The value at `node.port` in a cell; KeyError, IndexError or Lost when there is none."""
        ends, many = self.job.settled.expansion.ends(port, cell)
        values: list[Any] = []
        for end in ends:
            if isinstance(end, Given):
                values.append(end.value)
            else:
                for source in self.job.passes.get(end, (end,)):
                    values.append(self.run.values.of(source.node)[source.port])
        return values if many or len(values) > 1 else values[0]

    def files_of(self, cell: Cell | None) -> tuple[Path, ...]:
        """What requested effects wrote for one cell, or for none alone."""
        expansion = self.job.settled.expansion
        ids = expansion.gathered
        if cell is not None:
            parts = (part.names.values() for part in expansion.parts if part.cell == cell)
            ids = frozenset(name for names in parts for name in names) - ids
        return tuple(self.run.values.files(name for name in self.job.plan.outputs if name in ids))

    def result(self, cancelled: bool, seconds: float) -> Result:
        """What came of it for the one who asked."""
        job, run = self.job, self.run
        return Result(
            graph=job.settled.resolved.graph,
            cancelled=cancelled,
            seconds=seconds,
            ran=tuple(node_id for node_id in job.recipes if node_id in self.ran),
            cached=tuple(id for id in job.recipes if id in run.cached and id not in self.ran),
            failed=run.failed,
            blocked=run.blocked,
            files=tuple(run.values.files(job.plan.outputs)),
            grid=job.settled.expansion.grid,
            elsewhere=job.plan.elsewhere,
            _done=self,
        )
