"""Where randomness comes from."""

from typing import Annotated

from engine.diffusion.values import Noise
from engine.graph.spec import Seed, node


@node("noise.seed", label="Seed", nature="seeded")
def seed(value: Annotated[int, Seed()] = 0) -> Noise:
    """Noise that belongs to a seed, the same on every device.

    Picture k of a batch uses the seed `value` + k (k from 0), so that any one of them can be made
    again alone.
    """
    return Noise((value,))


@node("noise.seeds", label="Seeds", nature="seeded")
def seeds(first: Annotated[int, Seed()] = 0, others: str = "") -> Noise:
    """A seed for each picture of a batch: `first`, then those listed in `others` (`11, 42`)."""
    from engine.diffusion.latents import listed_seeds

    return Noise((first, *listed_seeds(others)))
