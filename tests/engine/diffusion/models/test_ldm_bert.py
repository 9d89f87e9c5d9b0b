from types import SimpleNamespace

import pytest
import torch

from engine.diffusion.models.ldm_bert import LDMBertConfig, LDMBertModel
from engine.diffusion.text.encode import encode
from engine.graph.errors import LoomError

TINY = {
    "vocab_size": 20,
    "max_position_embeddings": 6,
    "encoder_layers": 2,
    "encoder_ffn_dim": 16,
    "encoder_attention_heads": 2,
    "head_dim": 3,
    "d_model": 8,
}


def tiny() -> LDMBertModel:
    torch.manual_seed(0)
    return LDMBertModel.from_config(TINY).eval().requires_grad_(False)


def test_words_are_told_apart_by_their_places():
    model = tiny()
    found = model(torch.tensor([[3, 3, 5]])).last_hidden_state
    assert found.shape == (1, 3, 8)
    assert (found[0, 0] - found[0, 1]).abs().max() > 1e-3


def test_every_word_sees_every_other():
    model = tiny()
    one = model(torch.tensor([[3, 4, 5]])).last_hidden_state
    two = model(torch.tensor([[3, 4, 6]])).last_hidden_state
    assert ((one - two).abs().amax(-1) > 1e-4).all()


def test_states_are_those_between_the_layers():
    model = tiny()
    ids = torch.tensor([[3, 4, 5]])
    states = model(ids, output_hidden_states=True)
    assert states.hidden_states is not None and len(states.hidden_states) == 3
    torch.testing.assert_close(
        model.final_layer_norm(states.hidden_states[-1]), states.last_hidden_state
    )
    torch.testing.assert_close(
        model.model.layers[0](states.hidden_states[0]), states.hidden_states[1]
    )
    assert model(ids).hidden_states is None


def test_prompts_are_encoded_through_it_as_through_any_text_encoder():
    class Tokenizer:
        model_max_length = 512  # as its published tokenizer has it, which is more than it reads

        def __call__(self, text, max_length=0, **_):
            if isinstance(text, str):
                return SimpleNamespace(input_ids=[4, 5])
            ids = torch.zeros(len(text), max_length, dtype=torch.long)
            ids[:, :4] = torch.tensor([1, 4, 5, 2])
            return SimpleNamespace(input_ids=ids)

    model = tiny()
    found = encode(Tokenizer(), model, ["a red fish"])
    assert found.pooled is None and found.warnings == ()
    want = model(torch.tensor([[1, 4, 5, 2, 0, 0]])).last_hidden_state
    assert torch.equal(found.embeds, want)
    assert not torch.equal(encode(Tokenizer(), model, ["a red fish"], clip_skip=1).embeds, want)


def test_more_words_than_places_are_refused():
    with pytest.raises(LoomError, match="reads 6 tokens, and 7 were given"):
        tiny()(torch.zeros(1, 7, dtype=torch.long))


def test_fields_of_training_and_of_the_writer_say_nothing():
    written = {**TINY, "dropout": 0.1, "transformers_version": "4.20", "torch_dtype": "float32"}
    assert LDMBertConfig.from_json(written) == LDMBertConfig.from_json(TINY)
    with pytest.raises(LoomError, match="activation_function='relu'"):
        LDMBertConfig.from_json({**TINY, "activation_function": "relu"})


def test_what_it_writes_it_reads():
    config = LDMBertConfig.from_json(TINY)
    written = config.to_json()
    assert written["architectures"] == ["LDMBertModel"] and "_class_name" not in written
    assert LDMBertConfig.from_json(written) == config
