import pytest

from engine.diffusion.weights.maps.names import How, NameMap, Rule, same

NAMES = NameMap(
    [
        same("input_blocks.1", "block"),
        same("input_blocks.1.0", "resnet"),
        Rule("in_proj_weight", ("q.weight", "k.weight"), How.STACKED),
    ]
)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("input_blocks.1.0.bias", "resnet.bias"),
        ("input_blocks.1.0", "resnet"),
        ("input_blocks.1.1.bias", "block.1.bias"),
        ("input_blocks.1", "block"),
    ],
)
def test_the_longest_rule_that_fits_decides(theirs, ours):
    assert NAMES.to_ours(theirs) == ((ours,), How.SAME)
    assert NAMES.to_theirs(ours) == (theirs, How.SAME, 0)


@pytest.mark.parametrize("name", ["input_blocks.10.0.bias", "input_block", "resnets.bias", ""])
def test_a_name_that_only_begins_alike_is_none_of_them(name):
    assert NAMES.to_ours(name) is None
    assert NAMES.to_theirs(name) is None


def test_several_of_ours_in_one_of_theirs():
    assert NAMES.to_ours("in_proj_weight") == (("q.weight", "k.weight"), How.STACKED)
    assert NAMES.to_theirs("k.weight") == ("in_proj_weight", How.STACKED, 1)
    assert NAMES.parts("in_proj_weight") == 2
