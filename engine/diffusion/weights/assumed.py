"""What readers of original files take for granted, since no tensor of such a file says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.diffusion.weights.configs.kinds import Config, Kind
from engine.diffusion.weights.configs.text import HEAD_WIDTH
from engine.diffusion.weights.configs.unet import GROUPS, heads_of
from engine.diffusion.weights.folder import Component
from engine.graph.errors import LoomError

NOISE = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule")
# The reference's defaults, which a config may leave out.
NOISE_DEFAULTS = {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
}


def refuse_unsaid(components: Mapping[str, Component], kind: Kind) -> None:
    """Raise LoomError if a file of this kind would be read as another model than these components.

    Heads, groups, activations, scaling and noise are not in a file; readers know them by kind.
    """
    for name, component in components.items():
        for field, value, taken in _differences(name, component, kind):
            raise LoomError(
                f"The {name.replace('_', ' ')} has {field} = {value!r}, which an original file "
                f"can't say: every program would take it for {taken!r}, as in {kind.title}.",
                remedy="Keep this model as a Diffusers folder.",
            )


def _differences(name: str, component: Component, kind: Kind) -> Iterator[tuple[str, Any, Any]]:
    """Fields, what they are, and what they would be taken for."""
    config = component.config()
    for field, taken, default in _taken(name, component.class_name, config, kind):
        value = config.get(field, default)
        if _spread(value) != _spread(taken):
            yield field, value, taken


def _taken(
    name: str, class_name: str, config: Config, kind: Kind
) -> Iterator[tuple[str, Any, Any]]:
    """Fields, what readers take them for, and what a config that lacks them means."""
    if class_name in ("UNet2DConditionModel", "ControlNetModel"):
        field = "num_attention_heads" if config.get("num_attention_heads") else "attention_head_dim"
        widths = config["block_out_channels"]
        yield field, heads_of(widths, kind), 8
        yield "norm_num_groups", GROUPS, GROUPS
        yield "norm_eps", 1e-5, 1e-5
    elif class_name == "AutoencoderKL":
        yield "norm_num_groups", GROUPS, GROUPS
        yield "scaling_factor", kind.scaling_factor, 0.18215
    elif class_name.startswith("CLIPText"):
        yield "num_attention_heads", max(1, config["hidden_size"] // HEAD_WIDTH), 8
    elif name == "scheduler":
        for field in NOISE:
            yield field, kind.scheduler[field], NOISE_DEFAULTS[field]


def _spread(value: Any) -> set[Any] | list[Any]:
    """One value for all blocks is the same as as many equal ones."""
    values = list(value) if isinstance(value, list | tuple) else [value]
    return set(values) if len(set(values)) == 1 else values
