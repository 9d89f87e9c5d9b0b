import pytest

from engine.graph.environment import within
from engine.runtime.placement import LADDERS, Placement, decide, ladder_of

GB = 1 << 30
MB = 1 << 20


def unet_step(placement: Placement) -> int:
    """What Stable Diffusion's UNet takes for a step at 512², in bytes."""
    return (1 if placement.apart else 2) * (60 if placement.forward else 120) * MB


def decided(budget: int, **changes):
    with within(changes):
        return decide("denoise", "cuda", budget, lambda: 3300 * MB, unet_step, 4000 * MB)


@pytest.mark.parametrize(
    ("budget", "placement", "words"),
    [
        (6 * GB, Placement(), ""),
        (3600 * MB, Placement(), ""),
        (3450 * MB, Placement(apart=True), "each prompt through the model alone"),
        (3370 * MB, Placement(apart=True, forward=64), "each prompt through the model alone, fee"),
        (1 * GB, Placement(streamed=True), "weights streamed a part at a time"),
    ],
)
def test_the_first_rung_that_fits(budget, placement, words):
    found = decided(budget)
    assert found.placement == placement
    assert words in found.words(budget)
    assert found.needed <= budget


def test_nothing_is_counted_where_there_is_plenty():
    def count(*_):
        raise AssertionError

    assert decide("denoise", "cpu", 6 * GB, count, count, 4000 * MB).rung == 0


def test_where_nothing_fits_the_last_rung_is_tried_and_the_need_is_told():
    found = decided(50 * MB)
    assert found.rung == len(LADDERS["denoise"]) - 1
    assert found.needed == int(0.35 * 50 * MB) + 60 * MB
    assert found.words(50 * MB) == (
        "To keep within 50 MB: weights streamed a part at a time, each prompt through the model "
        "alone, feed-forward layers in slices, attention in slices (needs about 77.5 MB)."
    )


@pytest.mark.parametrize("rung", [1, 3, 6, 9])
def test_a_node_that_is_tried_again_begins_higher(rung):
    assert decided(64 * GB, rung=str(rung)).rung == min(rung, 6)


def test_only_a_card_has_another_memory_to_wait_in():
    assert ladder_of("autoencode", "cuda") == LADDERS["autoencode"]
    assert ladder_of("autoencode", "cpu") == LADDERS["autoencode"][:-1]
    assert ladder_of("denoise", "cpu") == LADDERS["denoise"]


def test_each_rung_of_each_ladder_changes_something():
    for ladder in LADDERS.values():
        assert ladder[0].environment() == {} and ladder[0].words() == ""
        seen = {(rung.streamed, *rung.environment().items()) for rung in ladder}
        assert len(seen) == len(ladder)
        assert all(rung.words() for rung in ladder[1:])
