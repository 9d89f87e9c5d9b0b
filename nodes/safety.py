"""What a user can put before saving pictures, or leave out: the safety checker and a watermark."""

from pathlib import Path
from typing import Annotated, NamedTuple

from engine.diffusion.values import Image, SafetyChecker
from engine.diffusion.weights.parts import Choice, open_part
from engine.graph.spec import Context, ModelName, node


class Checked(NamedTuple):
    """Pictures that may be shown, and how many had to be blanked."""

    image: Image
    blanked: int


@node("load.safety_checker", label="Load safety checker", nature="external")
def load_safety_checker(model: Annotated[Path, ModelName()]) -> SafetyChecker:
    """The safety checker of a model, from its subfolder `safety_checker` or from its own folder."""
    return open_part(model, "safety_checker", Choice())  # type: ignore[return-value]


@node("safety.check", label="Safety checker")
def check(context: Context, checker: SafetyChecker, image: Image) -> Checked:
    """Black in place of pictures that look like what should not be shown, and their number.

    A note names the pictures. Leave the node out where it does not suit.
    """
    from engine.diffusion.safety import blanked
    from engine.runtime.pool import shared_pool

    with shared_pool().lease(checker) as model:
        found, numbers = blanked(model, image)
    if numbers:
        context.progress(1, 1, f"Blanked: picture {', '.join(str(n + 1) for n in numbers)}.")
    return Checked(found, len(numbers))
