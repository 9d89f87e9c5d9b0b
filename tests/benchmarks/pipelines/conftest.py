"""A worker of each side, on each device that is there, in each dtype that it computes in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.runtime.packing import can_pack
from tests.benchmarks.pipelines.turns import Pair, pair

CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")


@pytest.fixture(scope="module", params=["cpu", pytest.param("cuda", marks=CUDA)])
def device(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def dtype(request: pytest.FixtureRequest, device: str) -> str:
    """What both sides compute in."""
    if device == "cpu" and not can_pack(getattr(torch, request.param)):
        pytest.skip(f"this processor has no {request.param}")
    return request.param


@pytest.fixture(scope="module")
def both(large_model: Path, device: str, dtype: str) -> Iterator[Pair]:
    """A worker of each side."""
    with pair(large_model, device, dtype) as found:
        yield found
