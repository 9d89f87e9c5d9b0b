import pytest
import torch
from torch import nn

from engine.diffusion.control import Control
from engine.diffusion.denoiser import FunctionDenoiser, UNetDenoiser, guidance_embedding
from engine.diffusion.models.controlnet import ControlNetModel
from engine.diffusion.models.unet_2d_condition import (
    AddedConditioning,
    UNet2DConditionConfig,
    UNet2DConditionModel,
)
from engine.diffusion.values import Conditioning, ControlNet
from engine.graph.environment import within
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


def test_guidance_goes_through_the_model_in_two_where_memory_is_short():
    model, x = Recorder(), torch.randn(2, 4, 3, 3)
    with within({"guidance": "apart"}):
        predict = UNetDenoiser(model).prepare(TIMES, contexts(), 2)
    out = predict(1, x, ("negative", "positive"))
    assert [call[0] for call in model.calls] == [2, 2]
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


def difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest one, as a share of the largest value."""
    return float((found - expected).abs().max() / expected.abs().max())


def test_keys_and_values_of_the_text_are_projected_once_a_run():
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        UNet2DConditionConfig(
            block_out_channels=(32, 64),
            layers_per_block=1,
            cross_attention_dim=8,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        )
    ).eval()
    layers = [m for name, m in unet.named_modules() if name.endswith("attn2.to_k")]
    calls = []
    for layer in layers:
        layer.register_forward_hook(lambda *_: calls.append(1))
    told = {"positive": torch.randn(1, 3, 8), "negative": torch.randn(1, 3, 8)}
    x = torch.randn(2, 4, 8, 8)
    with torch.no_grad():
        predict = UNetDenoiser(unet).prepare(TIMES, told, 2)
        found = [predict(i, x, ("negative", "positive"))["positive"] for i in range(3)]
        assert len(calls) == len(layers) > 0
        both = torch.cat([told["negative"].expand(2, -1, -1), told["positive"].expand(2, -1, -1)])
        for i, prediction in enumerate(found):
            fresh = unet(x.repeat(2, 1, 1, 1), TIMES[i], both).chunk(2)[1]
            assert difference(prediction, fresh) <= 2e-6


@pytest.mark.parametrize("kind", ["plain", "sizes", "level", "distilled"])
@torch.no_grad()
def test_the_embeddings_of_all_timesteps_are_computed_once_a_run(kind: str):
    torch.manual_seed(0)
    changes = {
        "plain": {},
        "sizes": {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 6 + 6 * 8,
        },
        "level": {"num_class_embeds": 20},
        "distilled": {"time_cond_proj_dim": 16},
    }[kind]
    config = UNet2DConditionConfig(
        block_out_channels=(32, 64),
        layers_per_block=1,
        cross_attention_dim=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        **changes,
    )
    unet = UNet2DConditionModel(config).eval()
    told = {
        name: Conditioning(
            torch.randn(2, 3, 8),
            pooled=torch.randn(2, 6) if kind == "sizes" else None,
            sizes=torch.tensor([[8.0, 8, 0, 0, 8, 8]]) if kind == "sizes" else None,
            level=torch.tensor([3, 7]) if kind == "level" else None,
        )
        for name in ("positive", "negative")
    }
    guidance = 8.5 if kind == "distilled" else None
    calls = []
    unet.time_embedding.register_forward_hook(lambda m, x, y: calls.append(y))
    x = torch.randn(2, 4, 8, 8)
    predict = UNetDenoiser(unet, guidance).prepare(TIMES, told, 2)
    found = [predict(i, x, ("negative", "positive")) for i in range(3)]
    assert [len(call) for call in calls] == [3]
    negative, positive = told["negative"], told["positive"]
    extra = {}
    if kind == "sizes":
        pooled = torch.cat([negative.pooled, positive.pooled])
        extra["added"] = AddedConditioning(pooled, positive.sizes.expand(4, -1))
    if kind == "level":
        extra["class_labels"] = positive.level.repeat(2)
    if guidance:
        extra["guidance"] = guidance_embedding(guidance, 4, 16)
    both = torch.cat([negative.embeds, positive.embeds])
    for i, t in enumerate(TIMES):
        alone = unet.embed_time(t, 4, extra.get("guidance"))
        assert float((calls[0][i] - alone).abs().max()) <= 1e-6
        fresh = unet(x.repeat(2, 1, 1, 1), t, both, **extra).chunk(2)
        for k, name in enumerate(("negative", "positive")):
            assert difference(found[i][name], fresh[k]) <= 2e-6


@torch.no_grad()
def test_a_controlnet_embeds_all_timesteps_once_a_run():
    torch.manual_seed(0)
    config = UNet2DConditionConfig(
        block_out_channels=(32, 64),
        layers_per_block=1,
        cross_attention_dim=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )
    unet = UNet2DConditionModel(config).eval()
    net = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 16)).eval()
    for parameter in (
        *net.controlnet_down_blocks.parameters(),
        *net.controlnet_mid_block.parameters(),
    ):
        nn.init.normal_(parameter, std=0.1)
    calls = []
    net.time_embedding.register_forward_hook(lambda m, x, y: calls.append(len(y)))
    told = {"positive": torch.randn(1, 3, 8), "negative": torch.randn(1, 3, 8)}
    hint, x = torch.rand(1, 3, 16, 16), torch.randn(2, 4, 8, 8)
    led = Control(ControlNet("", "", "ControlNetModel", "b2:0"), hint)
    predict = UNetDenoiser(unet, controls=[(led, net)]).prepare(TIMES, told, 2)
    found = [predict(i, x, ("negative", "positive"))["positive"] for i in range(3)]
    assert calls == [3]
    both = torch.cat([told["negative"].expand(2, -1, -1), told["positive"].expand(2, -1, -1)])
    for t, prediction in zip(TIMES, found, strict=True):
        rows = x.repeat(2, 1, 1, 1)
        extra = net(rows, t, both, hint)
        residuals = {"down_residuals": extra.down, "mid_residual": extra.mid}
        fresh = unet(rows, t, both, **residuals).chunk(2)[1]
        assert difference(prediction, fresh) <= 2e-6
        assert difference(prediction, unet(rows, t, both).chunk(2)[1]) > 1e-3
