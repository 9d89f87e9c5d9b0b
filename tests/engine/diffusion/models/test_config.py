import json
from dataclasses import dataclass
from typing import ClassVar

import pytest

from engine.diffusion.models.config import ModelConfig, per_block
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class ToyConfig(ModelConfig):
    class_name: ClassVar[str] = "Toy"
    inert: ClassVar = {"kernel": (3,), "scale": (1.0,)}

    width: int
    blocks: tuple[str, ...] = ("a",)
    size: int | tuple[int, ...] | None = None


def test_reads_fields_and_makes_lists_tuples():
    config = ToyConfig.from_json({"width": 8, "blocks": ["a", "b"], "size": [2, 3]})
    assert config == ToyConfig(8, ("a", "b"), (2, 3))


def test_what_it_writes_it_reads():
    config = ToyConfig(8, ("a", "b"))
    written = json.loads(json.dumps(config.to_json()))
    assert written == {"_class_name": "Toy", "width": 8, "blocks": ["a", "b"], "size": None}
    assert ToyConfig.from_json(written) == config


@pytest.mark.parametrize("name", ["_class_name", "_diffusers_version", "_name_or_path"])
def test_private_fields_say_nothing(name: str):
    assert ToyConfig.from_json({"width": 8, name: "anything"}) == ToyConfig(8)


@pytest.mark.parametrize("value", [None, False, 0, "", "default"])
def test_an_unknown_field_that_is_off_is_let_pass(value: object):
    assert ToyConfig.from_json({"width": 8, "novelty": value}) == ToyConfig(8)


@pytest.mark.parametrize("value", [True, 1, 2.5, "on", [1, 2], {"a": 1}])
def test_an_unknown_field_that_is_on_is_refused_by_name_and_value(value: object):
    with pytest.raises(LoomError, match=r"Toy.*novelty=") as caught:
        ToyConfig.from_json({"width": 8, "novelty": value})
    shown = tuple(value) if isinstance(value, list) else value
    assert f"novelty={shown!r}" in str(caught.value)


def test_a_field_with_a_known_harmless_value():
    assert ToyConfig.from_json({"width": 8, "kernel": 3, "scale": 1.0}) == ToyConfig(8)
    for changed in ({"kernel": 5}, {"kernel": None}, {"scale": 2.0}):
        with pytest.raises(LoomError, match=next(iter(changed))):
            ToyConfig.from_json({"width": 8, **changed})


def test_a_missing_field_is_named():
    with pytest.raises(LoomError, match=r"Toy.*width"):
        ToyConfig.from_json({"blocks": ["a"]})


def test_per_block():
    assert per_block(2, 3, "layers") == (2, 2, 2)
    assert per_block((1, 2, 3), 3, "layers") == (1, 2, 3)
    with pytest.raises(LoomError, match="`layers` has 2 entries where there are 3 blocks"):
        per_block((1, 2), 3, "layers")
