import json
import random
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer, CLIPTokenizer

from engine.diffusion.text.encode import token_ids
from engine.diffusion.training.scenes import COLOURS, RELATIONS, TINTS, Scene
from engine.diffusion.training.sprites import OBJECTS, STYLES
from engine.diffusion.training.tokenizer import END, START, train_tokenizer


def captions() -> list[str]:
    rng = random.Random(0)
    return [Scene.random(rng).caption(rng) for _ in range(4000)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(captions(), folder, length=32)
    return folder


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    return CLIPTokenizer.from_pretrained(folder, local_files_only=True)


def ids(tokenizer: Any, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False).input_ids


def test_each_word_of_a_caption_is_one_token(tokenizer: Any):
    words = {"a", "an", "on", "picture", "of", "background", "style", "small", "big", ","}
    for phrase in (*OBJECTS, *COLOURS, *TINTS, *RELATIONS, *STYLES):
        words.update(phrase.split())
    assert {word: len(ids(tokenizer, word)) for word in words} == dict.fromkeys(words, 1)
    numbers = [ids(tokenizer, word)[0] for word in words]
    assert len(set(numbers)) == len(words)
    for text in captions()[:200]:
        found = tokenizer.convert_ids_to_tokens(ids(tokenizer, text))
        assert found == [word + "</w>" for word in text.replace(",", " ,").split()]


@pytest.mark.parametrize(
    "text",
    [
        "a xylophone",
        "zebra crossing on fire",
        "grün, été; naïve",
        "水彩 🦊",
        "don't stop!",
        "128 x 64 @ 50%",
    ],
)
def test_unknown_words_fall_apart_and_come_back(text: str, tokenizer: Any):
    found = ids(tokenizer, text)
    assert tokenizer.eos_token_id not in found and tokenizer.bos_token_id not in found
    squeezed = tokenizer.decode(found).replace(" ", "")
    assert squeezed == text.replace(" ", "").lower()


def test_case_and_spaces_say_nothing(tokenizer: Any):
    assert ids(tokenizer, "  A Red   CAT ") == ids(tokenizer, "a red cat")


def test_prompts_are_padded_and_cut_to_the_length(tokenizer: Any):
    rows = token_ids(tokenizer, ["", "a cat", "a cat " * 40])
    start, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    assert rows.shape == (3, 32)
    assert rows[0].tolist() == [start, *[end] * 31]
    assert rows[1].tolist() == [start, *ids(tokenizer, "a cat"), *[end] * 29]
    assert rows[2, 0] == start and rows[2, -1] == end and (rows[2, 1:-1] != end).all()


def test_special_tokens_end_the_vocabulary(folder: Path, tokenizer: Any):
    vocabulary = json.loads((folder / "vocab.json").read_text())
    assert sorted(vocabulary.values()) == list(range(len(vocabulary)))
    assert (vocabulary[START], vocabulary[END]) == (len(vocabulary) - 2, len(vocabulary) - 1)
    assert len(tokenizer) == len(vocabulary) < 49_408
    assert (tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token) == (START, END, END)


def test_every_loader_of_the_field_reads_the_folder(folder: Path, tokenizer: Any):
    auto = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    for text in ("a big red cat above a zebra", "a cat, blue background"):
        assert auto(text).input_ids == tokenizer(text).input_ids
    assert auto.model_max_length == 32


def test_the_same_texts_give_the_same_files(folder: Path, tmp_path: Path):
    train_tokenizer(captions(), tmp_path, length=32)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"):
        assert (tmp_path / name).read_text() == (folder / name).read_text()
