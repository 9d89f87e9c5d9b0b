import pytest
import torch
from transformers import CLIPTextModelWithProjection

from engine.diffusion.text.encode import encode
from engine.diffusion.text.weighting import uses_syntax
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.graph.errors import LoomError

PROMPTS = ["a red fish", ""]


@pytest.fixture(scope="module")
def tokenizer(tiny_model):
    return load_component(find_component(tiny_model, "tokenizer"))


@pytest.fixture(scope="module")
def encoder(tiny_model):
    return load_component(find_component(tiny_model, "text_encoder"))


def test_plain_prompts_are_the_encoders_last_states(tokenizer, encoder):
    result = encode(tokenizer, encoder, PROMPTS)
    ids = tokenizer(PROMPTS, padding="max_length", return_tensors="pt").input_ids
    assert ids.shape == (2, 12)
    output = encoder(ids)
    assert torch.equal(result.embeds, output.last_hidden_state)
    assert result.pooled is not None
    assert torch.equal(result.pooled, output.pooler_output)
    assert result.warnings == ()
    assert not result.embeds.requires_grad


@pytest.mark.parametrize("skip", [1, 2])
def test_clip_skip_takes_earlier_states_through_the_same_norm(tokenizer, encoder, skip):
    result = encode(tokenizer, encoder, PROMPTS, clip_skip=skip)
    ids = tokenizer(PROMPTS, padding="max_length", return_tensors="pt").input_ids
    states = encoder(ids, output_hidden_states=True).hidden_states
    assert torch.equal(result.embeds, encoder.final_layer_norm(states[-1 - skip]))
    assert not torch.allclose(result.embeds, encode(tokenizer, encoder, PROMPTS).embeds)


def test_clip_skip_beyond_the_layers_is_refused(tokenizer, encoder):
    with pytest.raises(LoomError, match="has 3 layers, so 0 to 2"):
        encode(tokenizer, encoder, PROMPTS, clip_skip=3)


def test_words_that_do_not_fit_are_named(tokenizer, encoder):
    prompt = "a red cat and a blue dog on a big background and a small fish"
    result = encode(tokenizer, encoder, [prompt, "a cat"])
    assert result.embeds.shape == (2, 12, 32)
    (warning,) = result.warnings
    assert "15 tokens" in warning and "reads 10" in warning
    assert "'background and a small fish'" in warning


def test_an_encoder_with_a_projection_gives_the_projected_vector(tokenizer, encoder):
    torch.manual_seed(1)
    projecting = CLIPTextModelWithProjection(encoder.config).eval()
    result = encode(tokenizer, projecting, PROMPTS, clip_skip=1)
    assert result.pooled is not None
    assert result.pooled.shape == (2, 24)
    assert result.embeds.shape == (2, 12, 32)


@pytest.mark.parametrize(
    "prompt",
    ["red++ fish", "a fish--", "a (red fish)1.3", "(red)+", "(a)0.5", '("a", "b").blend(1, 0.5)'],
)
def test_weighting_is_recognised(prompt):
    assert uses_syntax(prompt)


@pytest.mark.parametrize(
    "prompt", ["a red fish", "a cat (sitting)", "C+ grade", "half- done", r"fish \(small\)2", "a-b"]
)
def test_ordinary_writing_is_not_weighting(prompt):
    assert not uses_syntax(prompt)


def test_a_bracket_that_is_text_is_written_with_a_backslash(tokenizer, encoder):
    found = encode(tokenizer, encoder, [r"a fish \(small"])
    ids = tokenizer(["a fish (small"], padding="max_length", return_tensors="pt").input_ids
    with torch.no_grad():
        assert torch.equal(found.embeds, encoder(ids).last_hidden_state)


@pytest.mark.parametrize("prompt", ['("a","b"', "a (red fish1.3"])
def test_a_bracket_left_open_is_refused_before_the_prompt_passes_as_text(
    tokenizer, encoder, prompt
):
    with pytest.raises(LoomError, match="is never closed") as caught:
        encode(tokenizer, encoder, ["a cat", prompt])
    assert caught.value.field == "text"


@pytest.mark.slow
class TestWeighting:
    def test_weight_one_changes_nothing(self, tokenizer, encoder):
        plain = encode(tokenizer, encoder, ["a red fish"])
        weighted = encode(tokenizer, encoder, ["a (red)1.0 fish"])
        assert torch.allclose(weighted.embeds, plain.embeds, atol=1e-6)
        assert plain.pooled is not None and weighted.pooled is not None
        assert torch.allclose(weighted.pooled, plain.pooled, atol=1e-6)

    def test_a_weight_moves_the_embedding_and_more_weight_moves_it_further(
        self, tokenizer, encoder
    ):
        plain = encode(tokenizer, encoder, ["a red fish"]).embeds
        moved = [
            (encode(tokenizer, encoder, [f"a (red){w} fish"]).embeds - plain).norm().item()
            for w in (1.1, 1.5)
        ]
        assert 0 < moved[0] < moved[1]

    @pytest.mark.parametrize("skip", [0, 1])
    def test_all_prompts_of_a_batch_have_one_length(self, tokenizer, encoder, skip):
        result = encode(tokenizer, encoder, ["a red++ fish", "a cat"], clip_skip=skip)
        assert result.embeds.shape == (2, 12, 32)
        plain = encode(tokenizer, encoder, ["a cat"], clip_skip=skip)
        assert torch.allclose(result.embeds[1:], plain.embeds, atol=1e-6)

    def test_cut_words_are_named_without_their_syntax(self, tokenizer, encoder):
        prompt = "(red)1.2 cat and a blue dog on a big background and a small fish"
        (warning,) = encode(tokenizer, encoder, [prompt]).warnings
        assert "'and a small fish'" in warning

    def test_more_skip_than_compel_can_is_refused(self, tokenizer, encoder):
        with pytest.raises(LoomError, match="clip_skip 2 of the last states"):
            encode(tokenizer, encoder, ["a red++ fish"], clip_skip=2)
