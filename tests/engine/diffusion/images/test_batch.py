import pytest
import torch

from engine.diffusion.images.batch import join, part, repeat, reverse, split
from engine.diffusion.values import Image, Latents, Mask
from engine.graph.errors import LoomError


def numbered(count: int, size: int = 2) -> Image:
    return Image(torch.arange(count).view(-1, 1, 1, 1).expand(-1, 3, size, size).float())


def numbers(batch: Image) -> list[int]:
    return batch.pixels[:, 0, 0, 0].int().tolist()


@pytest.mark.parametrize(
    "batch",
    [numbered(4), Mask(torch.rand(3, 1, 4, 5)), Latents(torch.rand(3, 4, 2, 2), "sdxl", 8)],
    ids=lambda batch: type(batch).__name__,
)
def test_splitting_and_joining_gives_the_same(batch):
    parts = split(batch)
    again = join(parts)
    assert type(again) is type(batch)
    old, new = vars(batch), vars(again)
    first = next(iter(old))
    assert torch.equal(old.pop(first), new.pop(first))
    assert old == new


@pytest.mark.parametrize(
    "first, count, found",
    [
        (0, 1, [0]),
        (-1, 1, [4]),
        (1, 2, [1, 2]),
        (3, 0, [3, 4]),
        (-2, 0, [3, 4]),
        (0, 5, [*range(5)]),
    ],
)
def test_parts(first, count, found):
    assert numbers(part(numbered(5), first, count)) == found


@pytest.mark.parametrize(
    "first, count, reason",
    [
        (5, 1, "has 5, and number 5 is beyond it"),
        (-6, 1, "number -6"),
        (3, 3, "3 from number 3"),
        (9, 0, "the rest from number 9"),
    ],
)
def test_parts_beyond_the_end_are_refused(first, count, reason):
    with pytest.raises(LoomError, match=reason):
        part(numbered(5), first, count)


def test_order_and_number():
    assert numbers(reverse(numbered(3))) == [2, 1, 0]
    assert numbers(reverse(reverse(numbered(3)))) == [0, 1, 2]
    assert numbers(repeat(numbered(2), 3)) == [0, 1] * 3


def test_what_can_not_be_one_batch():
    with pytest.raises(LoomError, match="nothing to join"):
        join([])
    with pytest.raises(LoomError, match="these are 2×2 and 3×3"):
        join([numbered(1), numbered(1, 3)])
    with pytest.raises(LoomError, match="Image and Mask can't be one batch"):
        join([numbered(1), Mask(torch.zeros(1, 1, 2, 2))])
