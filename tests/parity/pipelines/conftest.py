from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("diffusers")

from tests.parity.pipelines.tiny import Tiny, make


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Tiny]:
    """`tiny("sd", in_channels=9)`: a family (sd, sdxl, refiner) with changes to its UNet."""
    made: dict[Any, Tiny] = {}

    def build(family: str = "sd", **changes: Any) -> Tiny:
        key = (family, *sorted(changes.items()))
        if key not in made:
            made[key] = make(family, changes, tmp_path_factory.mktemp(family))
        return made[key]

    return build


@pytest.fixture(autouse=True)
def _the_mode_of_their_posterior(monkeypatch: pytest.MonkeyPatch):
    """Ours encodes a picture to the mode; the reference draws from the posterior."""
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    monkeypatch.setattr(
        DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode()
    )
