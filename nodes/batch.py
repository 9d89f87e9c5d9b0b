"""Parts of a batch, and several as one: pictures, masks and latents alike."""

from typing import Annotated

from engine.diffusion.values import Batch
from engine.graph.spec import Range, node

Number = Annotated[int, Range(-65536, 65536)]


@node("batch.join", label="Join batches", output="batch", runs_on="cpu")
def join(batches: list[Batch]) -> Batch:
    """Pictures, masks or latents of several links as one batch; they must have one size."""
    from engine.diffusion.images.batch import join

    return join(batches)


@node("batch.split", label="Split batch", output="batches", runs_on="cpu")
def split(batch: Batch) -> list[Batch]:
    """Each picture, mask or latent of a batch by itself, as a list."""
    from engine.diffusion.images.batch import split

    return split(batch)


@node("batch.pick", label="Pick one", output="batch", runs_on="cpu")
def pick(batch: Batch, number: Number = 0) -> Batch:
    """One of a batch: number 0 is the first, -1 the last."""
    from engine.diffusion.images.batch import part

    return part(batch, number, 1)


@node("batch.part", label="Part of batch", output="batch", runs_on="cpu")
def part(batch: Batch, first: Number = 0, count: Annotated[int, Range(0, 65536)] = 0) -> Batch:
    """`count` of a batch from number `first` on (-1 is the last one); 0 is all the rest."""
    from engine.diffusion.images.batch import part

    return part(batch, first, count)


@node("batch.reverse", label="Reverse batch", output="batch", runs_on="cpu")
def reverse(batch: Batch) -> Batch:
    """A batch in the opposite order."""
    from engine.diffusion.images.batch import reverse

    return reverse(batch)


@node("batch.repeat", label="Repeat batch", output="batch", runs_on="cpu")
def repeat(batch: Batch, times: Annotated[int, Range(1, 256)] = 2) -> Batch:
    """A whole batch so many times in a row."""
    from engine.diffusion.images.batch import repeat

    return repeat(batch, times)
