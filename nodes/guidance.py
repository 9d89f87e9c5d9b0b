"""Ways of guiding: how the predictions of several conditionings become one."""

from typing import Annotated

from engine.diffusion.guidance.base import Guidance
from engine.graph.spec import Range, node

Scale = Annotated[float, Range(0, 100, step=0.1)]
Fraction = Annotated[float, Range(0, 1, step=0.01)]


@node("guidance.classifier_free", label="Classifier-free guidance", runs_on="cpu")
def classifier_free(
    scale: Scale = 7.5, rescale: Fraction = 0.0, start: Fraction = 0.0, end: Fraction = 1.0
) -> Guidance:
    """Each step goes `scale` times as far from the negative prediction as the positive one is.

    `rescale` takes that much of the over-exposure of high scales back (Lin et al. 2023; 0.7 for
    models of zero terminal SNR). Outside `start` to `end`, fractions of the run, nothing is guided,
    and a step takes half the time.
    """
    from engine.diffusion.guidance.classifier_free import ClassifierFree

    return ClassifierFree(scale, rescale, start, end)


@node("guidance.ramp", label="Guidance ramp", runs_on="cpu")
def ramp(
    first: Scale = 10.0,
    last: Scale = 2.0,
    steps: Annotated[int, Range(1, 1000)] = 25,
    rescale: Fraction = 0.0,
) -> Guidance:
    """Classifier-free guidance whose scale goes evenly from `first` to `last` over `steps`."""
    from engine.diffusion.guidance.classifier_free import ClassifierFree

    stride = (last - first) / max(1, steps - 1)
    return ClassifierFree(tuple(first + stride * i for i in range(steps)), rescale)


@node("guidance.instruct_pix2pix", label="Picture and instruction", runs_on="cpu")
def instruct_pix2pix(scale: Scale = 7.5, picture_scale: Scale = 1.5) -> Guidance:
    """Guidance of InstructPix2Pix: by what the instruction says, and by the picture it is about.

    A higher `scale` follows the instruction further; a higher `picture_scale` keeps more of the
    picture.
    """
    from engine.diffusion.guidance.instruct_pix2pix import InstructPix2Pix

    return InstructPix2Pix(scale, picture_scale)
