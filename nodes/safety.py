"""What a user can put before saving pictures, or leave out: the safety checker and a watermark."""

from pathlib import Path
from typing import Annotated, NamedTuple

from engine.diffusion.values import Image, SafetyChecker
from engine.diffusion.watermark_message import SDXL
from engine.diffusion.weights.parts import Choice, open_part
from engine.graph.spec import Context, ModelName, node


class Checked(NamedTuple):
    """Pictures that may be shown, and how many had to be blanked."""

    image: Image
    blanked: int


class Watermark(NamedTuple):
    """The bits in each picture, how many are as expected, and how surely they were read."""

    bits: list[str]
    equal: int
    agreement: float


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


@node("safety.watermark", label="Watermark", runs_on="cpu")
def watermark(image: Image, message: str = SDXL) -> Image:
    """Pictures with an invisible message of zeros and ones, at least 256 × 256 pixels large.

    It is the watermark of SDXL's pictures, and so is the message at first. It outlasts PNG, and
    JPEG as Save picture writes it; not colours at half size (as in most other JPEG and lossy WebP),
    resizing or cropping.
    """
    from engine.diffusion.watermark import embed

    return embed(image, message)


@node("safety.read_watermark", label="Read watermark", runs_on="cpu")
def read_watermark(image: Image, message: str = SDXL) -> Watermark:
    """The invisible bits of each picture, as many as `message` has, the one that is looked for.

    `equal` is how many are as in the message: half of them by chance, and hardly ever 37 of 48
    where it is not there. `agreement` is the share of the picture that says each bit, from 0.5 to
    1. Of several pictures both are the lowest.
    """
    from engine.diffusion.watermark import read

    found = read(image, message)
    return Watermark(
        [one.bits for one in found],
        min(one.equal for one in found),
        min(one.agreement for one in found),
    )
