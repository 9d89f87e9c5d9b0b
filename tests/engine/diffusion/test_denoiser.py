import pytest
import torch
from torch import nn

from engine.diffusion.denoiser import FunctionDenoiser, UNetDenoiser
from engine.diffusion.values import Conditioning
from engine.graph.errors import LoomError


class Recorder(nn.Module):
    """A stand-in UNet: mixes each sample with the mean of its own context, and counts its calls."""

    def __init__(self, dtype=torch.float32):
        super().__init__()
        self.gain = nn.Parameter(torch.ones((), dtype=dtype))
        self.calls = []

    def forward(self, sample, timestep, encoder_hidden_states):
        self.calls.append((sample.shape[0], sample.dtype, encoder_hidden_states.shape))
        return self.gain * sample + encoder_hidden_states.mean((1, 2))[:, None, None, None]


TIMES = torch.tensor([900, 500, 100])


def contexts(length=3):
    return {"positive": torch.full((1, 3, 5), 2.0), "negative": torch.full((1, length, 5), -1.0)}


def test_guidance_goes_through_the_model_in_one_batch():
    model, x = Recorder(), torch.randn(2, 4, 3, 3)
    predict = UNetDenoiser(model).prepare(TIMES, contexts(), 2)
    out = predict(1, x, ("negative", "positive"))
    assert [call[0] for call in model.calls] == [4]
    torch.testing.assert_close(out["positive"], x + 2)
    torch.testing.assert_close(out["negative"], x - 1)


def test_only_what_is_asked_for_is_computed():
    model, x = Recorder(), torch.randn(2, 4, 3, 3)
    out = UNetDenoiser(model).prepare(TIMES, contexts(), 2)(0, x, ("positive",))
    assert list(out) == ["positive"]
    assert [call[0] for call in model.calls] == [2]


def test_contexts_of_different_length_take_turns():
    model, x = Recorder(), torch.randn(1, 4, 3, 3)
    out = UNetDenoiser(model).prepare(TIMES, contexts(length=6), 1)(0, x, ("negative", "positive"))
    assert [tuple(call[2]) for call in model.calls] == [(1, 6, 5), (1, 3, 5)]
    torch.testing.assert_close(out["positive"], x + 2)


def test_model_keeps_its_dtype_and_predictions_are_float32():
    model, x = Recorder(torch.bfloat16), torch.randn(1, 4, 3, 3)
    values = {name: Conditioning(embeds) for name, embeds in contexts().items()}
    out = UNetDenoiser(model).prepare(TIMES, values, 1)(0, x, ("positive",))
    assert model.calls[0][1] == torch.bfloat16
    assert out["positive"].dtype == torch.float32


def test_one_prompt_a_picture():
    embeds = torch.arange(2.0).reshape(2, 1, 1).expand(2, 3, 5)
    x = torch.zeros(2, 4, 3, 3)
    out = UNetDenoiser(Recorder()).prepare(TIMES, {"positive": embeds}, 2)(0, x, ("positive",))
    assert out["positive"][:, 0, 0, 0].tolist() == [0, 1]


def test_wrong_number_of_prompts():
    with pytest.raises(
        LoomError, match=r"positive conditioning has embeds of shape \(3, 4, 5\), and 2 pict"
    ):
        UNetDenoiser(Recorder()).prepare(TIMES, {"positive": torch.zeros(3, 4, 5)}, 2)


def test_function_gets_its_timestep_and_context():
    seen = []
    denoiser = FunctionDenoiser(lambda x, t, context: seen.append((t.item(), context)) or x)
    denoiser.prepare(TIMES, {"positive": "red", "negative": "blue"}, 1)(1, TIMES, ("positive",))
    assert seen == [(500, "red")]
