from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph.verify import Difference, Verdict, differences

THEN = {
    "workflow": {
        "nodes": {"denoise": {"type": "diffusion.denoise", "version": 1}, "save": {"type": "s"}},
        "definitions": {"fix": {"nodes": {"inner": {"type": "i", "version": 4}}}},
    },
    "models": {"tiny": "b2:1", "gone": "b2:9"},
    "versions": {"torch": "2.12", "numpy": "2"},
    "environment": {"device": "cuda", "hardware": "H200"},
}


def test_the_same_record_has_no_differences():
    assert differences(THEN, THEN) == ()


def test_each_thing_that_changed_is_named():
    now: dict[str, Any] = {
        "workflow": {
            "nodes": {"denoise": {"type": "diffusion.denoise", "version": 2}},
            "definitions": {"fix": {"nodes": {"inner": {"type": "i", "version": 5}}}},
        },
        "models": {"tiny": "b2:2"},
        "versions": {"torch": "2.13", "numpy": "2", "new": "1"},
        "environment": {"device": "cpu", "hardware": "H200", "threads": "2"},
    }
    assert list(map(str, differences(THEN, now))) == [
        "node denoise: diffusion.denoise version 1 → diffusion.denoise version 2",
        "node subgraph:fix/inner: i version 4 → i version 5",
        "model tiny: b2:1 → b2:2",
        "library torch: 2.12 → 2.13",
        "environment device: cuda → cpu",
    ]


@pytest.mark.parametrize(
    "largest, outcome, says",
    [
        (0.0, "equal", "bit-equal"),
        (2.0, "close", "within tolerance: the largest difference is 2"),
        (3.0, "different", "different: the largest difference is 3, more than 2"),
        (None, "different", "different: it has another size"),
    ],
)
def test_the_verdict(largest: float | None, outcome: str, says: str):
    verdict = Verdict(largest, 2.0)
    assert verdict.outcome == verdict.as_data()["outcome"] == outcome
    assert verdict.text().splitlines()[0] == says
    assert ("as it was" in verdict.text()) == (outcome != "equal")
    assert ("may have been edited" in verdict.text()) == (outcome == "different")


def test_the_cause_is_told_below():
    verdict = Verdict(9.0, 2.0, (Difference("library", "torch", "1", "2"),))
    assert verdict.text().splitlines()[1:] == ["  library torch: 1 → 2"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["nodes", "type", "version", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORD = st.dictionaries(st.sampled_from(["workflow", "models", "versions", "environment"]), JSON)


@given(RECORD, RECORD)
def test_a_record_from_anywhere_raises_nothing(then: dict[str, Any], now: dict[str, Any]):
    assert differences(then, then) == ()
    differences(then, now)
