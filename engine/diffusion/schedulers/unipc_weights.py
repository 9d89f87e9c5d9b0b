"""The weights in UniPC's steps: solutions of small linear systems (Zhao et al. 2023, section 3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch


@dataclass(frozen=True)
class StepWeights:
    """One step at one order p, whose model outputs are m_0 (at its beginning) and p - 1 before."""

    gain: float
    """Of m_0, in the first-order part of the step."""
    scale: float
    """Of all the rest: B(h) times alpha or sigma at the step's end."""
    places: tuple[float, ...]
    """Where the outputs before m_0 lie, in lengths of this step; below 0. (p - 1,)"""
    predictor: tuple[float, ...]
    """Of the outputs before m_0, as differences from it. (p - 1,)"""
    corrector: tuple[float, ...]
    """Of the same, and of the output at the step's end. (p,)"""


class UniWeights:
    """The weights of every step of a run at every order that it can be taken with."""

    def __init__(
        self,
        lam: torch.Tensor,
        other: torch.Tensor,
        highest: int,
        solver_type: Literal["bh1", "bh2"],
        by_x0: bool,
    ) -> None:
        """`lam` and `other` (S + 1,): lambda, and alpha (sigma where noise is integrated)."""
        self._weights: dict[tuple[int, int], StepWeights] = {}
        for i, h in enumerate((lam[1:] - lam[:-1]).tolist()):
            # a step of no length, or to sigma = 0, can be taken in first order only
            orders = min(highest, i + 1) if h and math.isfinite(h) else 1
            for order in range(1, orders + 1):
                weights = _solve(lam, other[i + 1], i, order, solver_type, by_x0)
                self._weights[i, order] = weights

    def of(self, i: int, order: int) -> StepWeights:
        """Those of step `i` at `order`."""
        return self._weights[i, order]


def _solve(
    lam: torch.Tensor,
    other: torch.Tensor,
    i: int,
    order: int,
    solver_type: Literal["bh1", "bh2"],
    by_x0: bool,
) -> StepWeights:
    h = lam[i + 1] - lam[i]
    places = [(lam[i - k] - lam[i]) / h for k in range(1, order)]
    signed = -h if by_x0 else h
    gain = torch.expm1(signed)
    scale = signed if solver_type == "bh1" else gain
    # the paper's phi_k by its recursion, times k!, over B(h)
    phi, factorial = gain / signed - 1, 1
    right = []
    for k in range(1, order + 1):
        right.append(phi * factorial / scale)
        factorial *= k + 1
        phi = phi / signed - 1 / factorial
    matrix = torch.stack([torch.stack([*places, torch.ones(())]) ** k for k in range(order)])
    vector = torch.stack(right)
    corrector = [0.5] if order == 1 else torch.linalg.solve(matrix, vector).tolist()
    predictor: list[float] = [0.5] if order == 2 else []
    if order > 2:
        predictor = torch.linalg.solve(matrix[:-1, :-1], vector[:-1]).tolist()
    return StepWeights(
        (other * gain).item(),
        (other * scale).item(),
        tuple(place.item() for place in places),
        tuple(predictor),
        tuple(corrector),
    )
