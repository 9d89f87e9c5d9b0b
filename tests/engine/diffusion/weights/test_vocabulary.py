import json
import shutil
from pathlib import Path

import pytest

from engine.diffusion.values import Tokenizer
from engine.diffusion.weights.load import load
from engine.diffusion.weights.parts import Choice, open_part, probe
from engine.diffusion.weights.search import SHIPPED
from engine.diffusion.weights.vocabulary import count, vocabulary
from engine.graph.errors import LoomError

STARTER = SHIPPED / "starter" / "tokenizer"


@pytest.fixture
def alone(files, tmp_path, monkeypatch) -> Path:
    """A single file that no model is beside."""
    monkeypatch.setattr("engine.diffusion.weights.search.SHIPPED", tmp_path / "nothing")
    (tmp_path / "models").mkdir()
    return Path(shutil.copy(files("sd2"), tmp_path / "models" / "mine.safetensors"))


def test_a_folder_has_as_many_tokens_as_its_vocabulary(tmp_path):
    assert count(STARTER) == 908
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {"a": 0, "b": 1}}}))
    assert count(tmp_path) == 2
    (tmp_path / "vocab.json").write_text("{")
    assert count(tmp_path) == 2
    assert count(tmp_path / "gone") == 0


def test_without_any_the_error_says_what_is_needed(alone, tmp_path):
    with pytest.raises(LoomError) as raised:
        probe(alone, ["unet", "tokenizer"])
    said = str(raised.value)
    assert "no tokenizer of 908 tokens, which mine.safetensors reads" in said
    assert str(tmp_path / "models") in said
    assert "Put the folder `tokenizer` of any Stable Diffusion model beside the file" in said
    assert raised.value.field == "model"


@pytest.mark.parametrize("place", ["tokenizer", "mine/tokenizer", "other model/tokenizer", "words"])
def test_one_beside_the_file_is_used(alone, place):
    shutil.copytree(STARTER, alone.parent / place)
    assert vocabulary(alone).path == alone.parent / place


def test_one_of_another_size_is_not_used(alone, tiny_model):
    shutil.copytree(tiny_model / "tokenizer", alone.parent / "tokenizer")
    with pytest.raises(LoomError, match="no tokenizer of 908 tokens"):
        vocabulary(alone)


def test_one_that_is_named_is_used_and_no_other(alone, tiny_model):
    named = SHIPPED / "starter"
    assert vocabulary(alone, given=named).path == STARTER
    assert vocabulary(alone, given=STARTER).path == STARTER
    with pytest.raises(LoomError, match="tiny has no tokenizer of 908 tokens") as raised:
        vocabulary(alone, given=tiny_model)
    assert raised.value.field == "vocabulary"


def test_short_prompts_are_filled_up_as_the_kind_of_model_does(files):
    """Stable Diffusion 2 pads with the token `!`, of id 0 in CLIP's vocabulary."""
    first = open_part(files("sd1"), "tokenizer")
    second = open_part(files("sd2"), "tokenizer")
    assert isinstance(first, Tokenizer) and isinstance(second, Tokenizer)
    assert (first.pad, second.pad) == ("<|endoftext|>", "!")
    assert first.digest == second.digest and first != second
    assert load(first).pad_token == "<|endoftext|>"
    tokenizer = load(second)
    ids = tokenizer("a fish", padding="max_length", max_length=8).input_ids
    assert tokenizer.pad_token == "!"
    assert len(ids) == 8 and set(ids[4:]) == {tokenizer.pad_token_id}


def test_the_second_tokenizer_of_sdxl(files):
    second = open_part(files("sdxl"), "tokenizer_2", Choice(tokenizer=STARTER))
    assert isinstance(second, Tokenizer) and second.pad == "!"
    with pytest.raises(LoomError, match="has no text encoder; it has unet, vae, text_encoder_2"):
        vocabulary(files("sdxl-refiner"))
    with pytest.raises(LoomError, match="has no text encoder 2"):
        vocabulary(files("sd1"), "tokenizer_2")
