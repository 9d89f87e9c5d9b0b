"""Captions and variations: what transformers' own generation says, from published folders."""

import shutil
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoTokenizer,
    BertTokenizer,
    BlipForConditionalGeneration,
    BlipImageProcessorPil,
    T5ForConditionalGeneration,
)

from engine.diffusion.images.pixels import to_pil
from engine.diffusion.text.captions import captions, filled, variations
from engine.diffusion.values import Image
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.graph.errors import LoomError
from tests.engine.diffusion.text.tiny_words import WORDS, write_blip, write_t5

REQUEST = "write a caption for a picture of a dog"


@pytest.fixture(scope="module")
def blip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_blip(tmp_path_factory.mktemp("models") / "blip")


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_t5(tmp_path_factory.mktemp("models") / "t5")


def ours(folder: Path):
    return load_component(find_component(folder))


def pictures(count: int = 4) -> Image:
    return Image(torch.rand(count, 3, 20, 24, generator=torch.Generator().manual_seed(1)) ** 3)


@pytest.mark.parametrize("begin", ["a photograph of", ""])
def test_captions_are_what_transformers_says(blip: Path, begin: str):
    found = captions(ours(blip), blip, pictures(), begin, most=6)
    pixels = BlipImageProcessorPil.from_pretrained(blip)(to_pil(pictures()), return_tensors="pt")
    tokenizer = BertTokenizer.from_pretrained(blip)
    words = {"input_ids": tokenizer([begin] * 4, return_tensors="pt").input_ids} if begin else {}
    theirs = BlipForConditionalGeneration.from_pretrained(blip).eval()
    ids = theirs.generate(**pixels, **words, max_new_tokens=6, do_sample=False)
    assert found == [tokenizer.decode(row, skip_special_tokens=True).strip() for row in ids]
    assert all(text.startswith(begin) for text in found)
    assert any(word in text.removeprefix(begin) for word in WORDS for text in found)


def test_a_caption_is_of_its_own_picture(blip: Path):
    model = ours(blip)
    together = captions(model, blip, pictures(), most=6)
    alone = [captions(model, blip, Image(one[None]), most=6)[0] for one in pictures().pixels]
    assert together == alone
    assert len(set(together)) > 1


def test_variations_are_what_transformers_draws(t5: Path):
    found = variations(ours(t5), t5, REQUEST, count=5, seed=3, temperature=1.5, top_k=12, most=9)
    tokenizer = AutoTokenizer.from_pretrained(t5)
    theirs = T5ForConditionalGeneration.from_pretrained(t5).eval()
    torch.manual_seed(3)
    ids = theirs.generate(
        **tokenizer(REQUEST, return_tensors="pt"),
        do_sample=True,
        num_return_sequences=5,
        temperature=1.5,
        top_k=12,
        max_new_tokens=9,
    )
    assert found == [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]
    assert len(set(found)) > 1


def test_variations_follow_their_seed_and_leave_the_random_state_alone(t5: Path):
    model = ours(t5)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first, again, other = (
        variations(model, t5, REQUEST, count=4, seed=seed, temperature=1.5, most=9)
        for seed in (3, 3, 4)
    )
    assert first == again != other
    assert torch.equal(torch.get_rng_state(), before)


def test_nothing_to_answer_is_refused(t5: Path):
    with pytest.raises(LoomError, match="nothing to answer"):
        variations(ours(t5), t5, " \n")


@pytest.mark.parametrize(
    "missing, said",
    [
        (("preprocessor_config.json",), "blip has no image processor that can be read"),
        (("vocab.txt", "tokenizer.json", "tokenizer_config.json"), "blip has no tokenizer"),
    ],
)
def test_a_captioner_that_is_not_whole(blip: Path, tmp_path: Path, missing, said: str):
    folder = shutil.copytree(blip, tmp_path / "blip")
    for name in missing:
        (folder / name).unlink()
    with pytest.raises(LoomError, match=said) as refused:
        captions(ours(folder), folder, pictures())
    assert refused.value.field == "captioner"


def test_a_text_generator_without_a_tokenizer(t5: Path, tmp_path: Path):
    folder = shutil.copytree(t5, tmp_path / "t5")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    with pytest.raises(LoomError, match="t5 has no tokenizer") as refused:
        variations(ours(folder), folder, REQUEST)
    assert refused.value.field == "generator"


def test_texts_are_filled_in():
    assert filled("Write of {}.", ["a dog", "a cat"]) == "Write of a dog, a cat."
    with pytest.raises(LoomError, match="no place for texts"):
        filled("Write of a dog.", ["a cat"])
