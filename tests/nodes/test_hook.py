"""Approximations by their nodes: nothing changes where they say so, and else the run does."""

import pytest
import torch

from engine.graph.context import Context
from nodes import denoise, hook, latents, noise, text
from nodes.load import Pipeline


def run(parts: Pipeline, hooks: list | None) -> torch.Tensor:
    prompt, empty = (
        text.encode(Context(), parts.tokenizer, parts.text_encoder, words)
        for words in ("a red fish", "")
    )
    return denoise.denoise(
        Context(),
        parts.unet,
        latents.empty(parts.unet, 64, 64),
        noise.seed(5),
        parts.scheduler,
        prompt,
        empty,
        hooks=hooks,
        steps=4,
        guidance=3.0,
    ).latents.samples


@pytest.mark.parametrize(
    ("exact", "not_exact"),
    [
        (hook.cache_blocks(every=1), hook.cache_blocks()),
        (hook.merge_tokens(ratio=0.0), hook.merge_tokens()),
    ],
    ids=["cache_blocks", "merge_tokens"],
)
def test_a_run_with_it(parts: Pipeline, exact, not_exact):
    plain = run(parts, None)
    assert torch.equal(run(parts, [exact]), plain)
    found = run(parts, [not_exact])
    assert torch.isfinite(found).all() and not torch.equal(found, plain)
