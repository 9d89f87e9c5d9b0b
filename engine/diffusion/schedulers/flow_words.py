"""The settings of a flow-matching model's noise levels, from one solver's words to another's.

Solvers of flow-matching models alone call the shift `shift`; those which integrate in lambda know
other models too, and say `use_flow_sigmas` and `flow_shift`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.graph.errors import LoomError

REFUSED = ("shift_terminal", "invert_sigmas", "stochastic_sampling")
"""Settings that solvers in lambda lack."""


def in_lambda(source: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """A flow solver's configuration for a solver that integrates in lambda.

    Raises LoomError for levels that such a solver can't be told.
    """
    for name in REFUSED:
        if config.get(name):
            raise LoomError(
                f"{source} has {name}={config[name]!r}, which other solvers don't know.",
                remedy=f"Turn {name} off before, or keep this solver.",
            )
    return {
        **config,
        "use_flow_sigmas": True,
        "prediction_type": "flow_prediction",
        "flow_shift": _shift(source, config),
        "use_dynamic_shifting": False,
        "time_shift_type": "exponential",
    }


def in_sigma(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a flow-matching model's solver in lambda for one that knows no other."""
    return {**config, "shift": config.get("flow_shift", 1.0)}


def _shift(source: str, config: Mapping[str, Any]) -> float:
    """The one shift of a configuration; where it depends on the picture's size, that of its mu."""
    if not config.get("use_dynamic_shifting"):
        return config.get("shift", 1.0)
    mu = config.get("mu")
    if mu is None:
        raise LoomError(
            f"{source} shifts its noise levels by the picture's size, which it was not told.",
            field="mu",
            remedy="Set mu, or turn use_dynamic_shifting off.",
        )
    return math.exp(mu) if config.get("time_shift_type") != "linear" else mu
