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
