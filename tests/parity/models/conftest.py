"""Weights and inputs that the two libraries share, and how far apart their outputs may be."""

import json
from typing import Any

import pytest
import torch
from torch import Tensor, nn

RELATIVE = 1e-5


@pytest.fixture
def shaken():
    """Moves every parameter off its initial value, so that no two norms or biases look alike."""

    def shake(model: nn.Module, seed: int = 0) -> nn.Module:
        g = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn(parameter.shape, generator=g), alpha=0.1)
        return model.eval().requires_grad_(False)

    return shake


@pytest.fixture
def assert_same():
    """‖got − want‖ ≤ 1e-5 ‖want‖, for outputs that are neither zero nor constant."""

    def check(got: Tensor, want: Tensor) -> None:
        assert got.shape == want.shape
        assert want.isfinite().all() and want.std() > 1e-3
        distance = ((got - want).norm() / want.norm()).item()
        assert distance <= RELATIVE, f"{distance:.2e} of the reference's norm apart"

    return check


@pytest.fixture
def fields():
    """The published fields of a reference model's config, as JSON has them."""

    def read(model: Any) -> dict[str, Any]:
        return {n: v for n, v in json.loads(model.to_json_string()).items() if n[0] != "_"}

    return read
