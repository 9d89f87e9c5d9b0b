"""The frozen configuration that all schedulers share, and its JSON.

This module imports no torch: a configuration is a value of the graph that can be made, hashed,
compared and written without it. Field names, defaults and JSON are those of the published
`scheduler_config.json` files.
"""

from __future__ import annotations

import json
import math
import types
import typing
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import torch

    from engine.diffusion.schedulers.run import SchedulerRun

S = TypeVar("S", bound="Scheduler")


@dataclass(frozen=True)
class StepPlan:
    """What a run was asked for: a number of steps, or the timesteps or noise levels themselves.

    Exactly one of the three is given.
    """

    steps: int | None = None
    timesteps: tuple[float, ...] | None = None
    """Strictly falling; whole numbers, except for solvers that walk through a continuous time."""
    sigmas: tuple[float, ...] | None = None
    """Strictly falling, none below 0."""

    @property
    def count(self) -> int:
        """How many steps, timesteps or noise levels were given."""
        return self.steps or len(self.timesteps or self.sigmas or ())


@dataclass(frozen=True, kw_only=True)
class Scheduler(ABC):
    """A solver with its settings and the noise schedule the model was trained on.

    Making one checks every field; a wrong value or combination is a LoomError. `start` makes the
    state of one run, so a scheduler is never changed and may be shared.
    """

    only: ClassVar[Mapping[str, Any]] = {}
    """Published fields of which one value is supported: written to JSON, refused if different."""
    unpublished: ClassVar[frozenset[str]] = frozenset()
    """Fields that published files of this solver lack: written to JSON where not the default."""
    when_swapped: ClassVar[Mapping[str, Any]] = {}
    """Field values to take over from a solver that has no such field (instead of the default)."""
    dialect: ClassVar[frozenset[str]] = frozenset()
    """Fields whose values other solvers name otherwise: those are not taken over from them."""
    takes: ClassVar[tuple[str, ...]] = ()
    """What `start` takes in place of a number of steps: "timesteps", "sigmas", both or neither."""

    num_train_timesteps: int = 1000
    other: tuple[tuple[str, str], ...] = ()
    """Other solvers' fields found in the JSON, as (name, JSON text), for `swap` and `to_json`."""

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for f in fields(self):
            value = getattr(self, f.name)
            if not _fits(value, hints[f.name]):
                raise LoomError(
                    f"{type(self).__name__} can't take {f.name}={value!r}.",
                    remedy=f"It must be {_in_words(hints[f.name])}.",
                )
        self._require(self.num_train_timesteps >= 1, "num_train_timesteps must be at least 1")

    def _require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise LoomError(f"{type(self).__name__}: {otherwise}.")

    def start(
        self,
        steps: int | None,
        device: torch.device | str = "cpu",
        *,
        timesteps: Sequence[float] | None = None,
        sigmas: Sequence[float] | None = None,
    ) -> SchedulerRun:
        """The state of one run, its `timesteps` on `device`.

        Give `steps`, or None and one of two lists, strictly falling: the `timesteps` to visit, or
        the `sigmas` to walk through; `takes` says which a solver takes. Raises LoomError when the
        noise schedule has no such run.
        """
        return self._run(self._plan(steps, timesteps, sigmas), device)

    def _plan(
        self, steps: int | None, timesteps: Sequence[float] | None, sigmas: Sequence[float] | None
    ) -> StepPlan:
        asked = {"steps": steps, "timesteps": timesteps, "sigmas": sigmas}
        given = [name for name, value in asked.items() if value is not None]
        if len(given) != 1:
            raise LoomError(
                f"A run takes a number of steps, or timesteps, or sigmas, and got "
                f"{' and '.join(given) or 'none of them'}.",
                field=given[-1] if given else "steps",
                remedy="Give exactly one of the three.",
            )
        if steps is not None:
            if not 1 <= steps <= self.num_train_timesteps:
                raise LoomError(
                    f"{type(self).__name__} can't take {steps} steps; "
                    f"the model was trained with {self.num_train_timesteps} timesteps.",
                    field="steps",
                    remedy=f"Ask for 1 to {self.num_train_timesteps}.",
                )
            return StepPlan(steps=steps)
        name = given[0]
        if name not in self.takes:
            raise LoomError(
                f"{type(self).__name__} can't take a list of {name}.",
                field=name,
                remedy=f"Give it {' or '.join(('a number of steps', *self.takes))}.",
            )
        plan = StepPlan(
            timesteps=None if timesteps is None else tuple(timesteps),
            sigmas=None if sigmas is None else tuple(sigmas),
        )
        self._check_plan(plan)
        return plan

    def _check_plan(self, plan: StepPlan) -> None:
        """Raise LoomError where a list of timesteps or sigmas is none that a run can follow."""
        if plan.sigmas is not None and not all(0 <= s < math.inf for s in plan.sigmas):
            raise LoomError(
                f"The sigmas {listed(plan.sigmas)} are not all numbers from 0 on.", field="sigmas"
            )
        name = "timesteps" if plan.timesteps is not None else "sigmas"
        values = plan.timesteps or plan.sigmas or ()
        if not values or not all(a > b for a, b in pairwise(values)):
            raise LoomError(
                f"The {name} {listed(values)} don't fall from each to the next.",
                field=name,
                remedy="List them from the noisiest to the cleanest, each once.",
            )

    @abstractmethod
    def _run(self, plan: StepPlan, device: torch.device | str) -> SchedulerRun: ...

    @classmethod
    def from_json(cls, config: Mapping[str, Any]) -> Self:
        """The scheduler of this class that a scheduler_config.json describes.

        The file may be another solver's: its noise schedule is taken over. Missing fields take the
        published defaults. Raises LoomError for a value that isn't supported.
        """
        source = config.get("_class_name", cls.__name__)
        if source != cls.__name__:
            config = cls._translated(source, config)
            hints = typing.get_type_hints(cls)
            shared = cls.dialect & config.keys() & hints.keys()
            foreign = {name for name in shared if not _fits(config[name], hints[name])}
            config = {**cls.when_swapped, **config}
            config = {name: value for name, value in config.items() if name not in foreign}
        known = {f.name for f in fields(cls)} - {"other"}
        values: dict[str, Any] = {}
        other: list[tuple[str, str]] = []
        for name, value in config.items():
            if name in cls.only:
                if value != cls.only[name]:
                    raise LoomError(
                        f"{cls.__name__} supports {name}={cls.only[name]!r} only, and the "
                        f"configuration asks for {value!r}.",
                        remedy="Change that field, or choose another scheduler.",
                    )
            elif name in known:
                values[name] = tuple(value) if isinstance(value, list) else value
            elif not name.startswith("_"):
                other.append((name, json.dumps(value, sort_keys=True)))
        return cls(**values, other=tuple(sorted(other)))

    @classmethod
    def _translated(cls, source: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """Another solver's configuration in this one's words; LoomError where it has none.

        Flow-matching models have no betas, others have nothing else: few solvers suit both.
        """
        if runs_flow(source, config):
            raise LoomError(
                f"{cls.__name__} can't run a flow-matching model, whose scheduler is {source}.",
                remedy="Choose a solver of flow-matching models: Flow Euler, Flow Heun, "
                "DPM-Solver, DEIS or UniPC.",
            )
        return config

    def to_json(self) -> dict[str, Any]:
        """The whole content of a scheduler_config.json, which the reference library reads too."""
        config: dict[str, Any] = {"_class_name": type(self).__name__}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name != "other" and not (f.name in self.unpublished and value == f.default):
                config[f.name] = list(value) if isinstance(value, tuple) else value
        return config | dict(self.only) | {name: json.loads(text) for name, text in self.other}

    def swap(self, solver: type[S], **changes: Any) -> S:
        """Another solver on the same noise schedule: all that both know is kept, then `changes`."""
        unknown = changes.keys() - {f.name for f in fields(solver)}
        if unknown:
            raise LoomError(
                f"{solver.__name__} has no setting called {', '.join(sorted(unknown))}."
            )
        return replace(solver.from_json(self.to_json()), **changes)


def runs_flow(source: str, config: Mapping[str, Any]) -> bool:
    """Whether a configuration of the solver called `source` is for a flow-matching model."""
    return source.startswith("FlowMatch") or config.get("use_flow_sigmas") is True


def listed(values: Sequence[float]) -> str:
    """A list as an error shows it: short."""
    words = [f"{value:g}" for value in values[:6]]
    return "[" + ", ".join([*words, "…"] if len(values) > 6 else words) + "]"


def _fits(value: object, hint: Any) -> bool:
    """Whether `value` is of the plain type, Literal, optional or tuple that `hint` names."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return isinstance(value, str) and value in args
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, arg) for arg in args)
    if origin is tuple:
        if args[-1] is Ellipsis:
            return isinstance(value, tuple) and all(_fits(v, args[0]) for v in value)
        return isinstance(value, tuple) and len(value) == len(args) and all(map(_fits, value, args))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and value == value
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _in_words(hint: Any) -> str:
    """A type hint as a person would say it."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(args)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_in_words(arg) for arg in args)
    if origin is tuple:
        return "a list of " + _in_words(args[0])
    names = {
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        str: "a text",
        type(None): "null",
    }
    return names[hint]
