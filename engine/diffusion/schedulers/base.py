"""The frozen configuration that all schedulers share, and its JSON.

This module imports no torch: a configuration is a value of the graph that can be made, hashed,
compared and written without it. Field names, defaults and JSON are those of the published
`scheduler_config.json` files.
"""

from __future__ import annotations

import json
import types
import typing
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import torch

    from engine.diffusion.schedulers.run import SchedulerRun

BetaSchedule = Literal["linear", "scaled_linear", "squaredcos_cap_v2"]
PredictionType = Literal["epsilon", "sample", "v_prediction"]
Spacing = Literal["leading", "linspace", "trailing"]
FinalSigma = Literal["zero", "sigma_min"]
S = TypeVar("S", bound="Scheduler")


@dataclass(frozen=True, kw_only=True)
class Scheduler(ABC):
    """A solver with its settings and the noise schedule the model was trained on.

    Making one checks every field; a wrong value or combination is a LoomError. `start` makes the
    state of one run, so a scheduler is never changed and may be shared.
    """

    only: ClassVar[Mapping[str, Any]] = {}
    """Published fields of which one value is supported: written to JSON, refused if different."""
    when_swapped: ClassVar[Mapping[str, Any]] = {}
    """Field values to take over from a solver that has no such field (instead of the default)."""

    num_train_timesteps: int = 1000
    beta_start: float = 0.0001
    beta_end: float = 0.02
    beta_schedule: BetaSchedule = "linear"
    trained_betas: tuple[float, ...] | None = None
    """The betas themselves (num_train_timesteps,), in place of the three fields above."""
    prediction_type: PredictionType = "epsilon"
    timestep_spacing: Spacing = "leading"
    steps_offset: int = 0
    """Added to the timesteps of `leading` spacing."""
    rescale_betas_zero_snr: bool = False
    """Leave nothing of the picture at the last timestep (Lin et al. 2023)."""
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
        self._require(self.steps_offset >= 0, "steps_offset must not be negative")
        if self.trained_betas is None:
            self._require(
                0 < self.beta_start <= self.beta_end < 1,
                "betas must satisfy 0 < beta_start ≤ beta_end < 1, "
                f"got {self.beta_start} and {self.beta_end}",
            )
        else:
            self._require(
                len(self.trained_betas) == self.num_train_timesteps,
                f"trained_betas has {len(self.trained_betas)} values "
                f"for {self.num_train_timesteps} timesteps",
            )
            self._require(
                all(0 < b < 1 for b in self.trained_betas), "trained_betas must lie between 0 and 1"
            )

    def _require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise LoomError(f"{type(self).__name__}: {otherwise}.")

    def start(self, steps: int, device: torch.device | str = "cpu") -> SchedulerRun:
        """The state of one run of `steps` steps, its `timesteps` on `device`.

        Raises LoomError when the noise schedule has no such run.
        """
        if not 1 <= steps <= self.num_train_timesteps:
            raise LoomError(
                f"{type(self).__name__} can't take {steps} steps; "
                f"the model was trained with {self.num_train_timesteps} timesteps.",
                field="steps",
                remedy=f"Ask for 1 to {self.num_train_timesteps}.",
            )
        return self._run(steps, device)

    @abstractmethod
    def _run(self, steps: int, device: torch.device | str) -> SchedulerRun: ...

    def betas(self) -> torch.Tensor:
        """The betas (num_train_timesteps,), float32, after `rescale_betas_zero_snr`."""
        from engine.diffusion.schedulers import noise_schedule

        return noise_schedule.betas(
            self.beta_schedule,
            self.num_train_timesteps,
            self.beta_start,
            self.beta_end,
            self.trained_betas,
            self.rescale_betas_zero_snr,
        )

    def alphas_cumprod(self) -> torch.Tensor:
        """alpha_bar (num_train_timesteps,), float32: how much of the picture's variance is left."""
        return (1.0 - self.betas()).cumprod(dim=0)

    @classmethod
    def from_json(cls, config: Mapping[str, Any]) -> Self:
        """The scheduler of this class that a scheduler_config.json describes.

        The file may be another solver's: its noise schedule is taken over. Missing fields take the
        published defaults. Raises LoomError for a value that isn't supported.
        """
        if config.get("_class_name", cls.__name__) != cls.__name__:
            config = {**cls.when_swapped, **config}
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

    def to_json(self) -> dict[str, Any]:
        """The whole content of a scheduler_config.json, which the reference library reads too."""
        config: dict[str, Any] = {"_class_name": type(self).__name__}
        for f in fields(self):
            if f.name != "other":
                value = getattr(self, f.name)
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
