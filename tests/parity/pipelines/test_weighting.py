"""Weighted prompts against Compel on the reference's encoders: one, and both of SDXL."""

import pytest
import torch
from compel import Compel, ReturnedEmbeddingsType

from engine.diffusion.text.encode import encode

pytestmark = pytest.mark.parity
PROMPTS = [
    "a red++ fish on a blue-- background",
    "a (red fish)1.4 and a cat",
    '("a red fish", "a blue dog").blend(0.7, 0.3)',
    '("a red fish", "a big cat").and()',
]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_one_encoder(tiny, prompt: str):
    model = tiny()
    theirs = Compel(model.theirs["tokenizer"], model.theirs["text_encoder"])(prompt)
    ours = encode(model.ours["tokenizer"], model.ours["text_encoder"], [prompt])
    assert torch.equal(ours.embeds, theirs)


@pytest.mark.parametrize("prompt", PROMPTS[:2])
def test_two_encoders(tiny, prompt: str):
    model = tiny("sdxl")
    theirs = Compel(
        [model.theirs["tokenizer"], model.theirs["tokenizer_2"]],
        [model.theirs["text_encoder"], model.theirs["text_encoder_2"]],
        returned_embeddings_type=ReturnedEmbeddingsType.PENULTIMATE_HIDDEN_STATES_NON_NORMALIZED,
        requires_pooled=[False, True],
    )
    embeds, pooled = theirs(prompt)
    ours = model.prompt(prompt)
    assert torch.allclose(ours.embeds, embeds, atol=1e-6)
    assert ours.pooled is not None and ours.pooled.shape == pooled.shape


def test_a_long_prompt_is_kept_whole(tiny):
    model = tiny()
    prompt = "a red fish on a blue background and " * 4 + "a cat++"
    compel = Compel(
        model.theirs["tokenizer"], model.theirs["text_encoder"], truncate_long_prompts=False
    )
    theirs = compel(prompt)
    ours = encode(model.ours["tokenizer"], model.ours["text_encoder"], [prompt], whole=True)
    assert theirs.shape[1] > 12 and torch.equal(ours.embeds, theirs)
    assert ours.warnings == ()
    plain = prompt.replace("++", "")
    kept = encode(model.ours["tokenizer"], model.ours["text_encoder"], [plain], whole=True)
    cut = encode(model.ours["tokenizer"], model.ours["text_encoder"], [plain])
    assert kept.embeds.shape[1] > cut.embeds.shape[1] == 12
    assert "these words were cut" in cut.warnings[0] and not kept.warnings
