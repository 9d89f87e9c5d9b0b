from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel
from engine.diffusion.training.text_to_image import (
    CaptionedLatents,
    start_as_identity,
    v_prediction_loss,
)

ALPHAS = torch.linspace(0.999, 0.001, 20)
EMPTY = torch.zeros(1, 4, dtype=torch.long)


class Spy(nn.Module):
    """Predicts by a function, and remembers what it was asked."""

    def __init__(self, predict: Any) -> None:
        super().__init__()
        self.predict = predict
        self.calls: list[tuple[Tensor, Tensor, Tensor]] = []

    def forward(self, sample: Tensor, timestep: Tensor, ids: Tensor) -> Tensor:
        self.calls.append((sample, timestep, ids))
        return self.predict(sample, timestep)


def data(rows: int = 6, same: bool = False) -> CaptionedLatents:
    g = torch.Generator().manual_seed(0)
    latents = torch.randn(rows, 2, 3, 3, generator=g).half()
    latents = latents[:1].expand(rows, -1, -1, -1) if same else latents
    return CaptionedLatents(latents, torch.arange(1, rows + 1)[:, None].expand(rows, 4))


def spread(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1)


def test_a_perfect_predictor_loses_nothing():
    known = data(same=True)
    x = known.latents[0].float()

    def perfect(z: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = spread(ALPHAS[t].sqrt()), spread((1 - ALPHAS[t]).sqrt())
        noise = (z - alpha * x) / sigma
        return alpha * noise - sigma * x

    loss = v_prediction_loss(Spy(perfect), known, EMPTY, ALPHAS, batch=32)  # type: ignore[arg-type]
    for step in range(3):
        assert loss(step, torch.Generator().manual_seed(step)).item() < 1e-9


def test_loss_by_hand():
    known = data()
    spy = Spy(lambda z, t: 0.3 * z + spread(t / 100))
    loss = v_prediction_loss(spy, known, EMPTY, ALPHAS, batch=8)  # type: ignore[arg-type]
    found = loss(0, torch.Generator().manual_seed(5))
    # The same draws in the same order: rows, drops, times, noise.
    g = torch.Generator().manual_seed(5)
    rows = torch.randint(6, (8,), generator=g)
    torch.rand(8, 1, generator=g)
    even = (torch.arange(8) + torch.rand(8, generator=g)) / 8
    t = (even ** (2 / 3) * 20).long()
    noise = torch.randn(8, 2, 3, 3, generator=g)
    total = 0.0
    for i in range(8):
        x = known.latents[rows[i]].double()
        a = ALPHAS[t[i]].double()
        z = a.sqrt() * x + (1 - a).sqrt() * noise[i]
        v = a.sqrt() * noise[i] - (1 - a).sqrt() * x
        total += (0.3 * z + t[i] / 100 - v).square().sum().item()
    assert found.item() == pytest.approx(total / (8 * 18), rel=1e-5)
    asked, times, _ = spy.calls[0]
    assert torch.equal(times, t) and asked.shape == (8, 2, 3, 3)


def test_times_are_spread_over_a_batch_and_lean_to_the_noisy_end():
    spy = Spy(lambda z, t: z)
    loss = v_prediction_loss(spy, data(), EMPTY, ALPHAS, batch=20)  # type: ignore[arg-type]
    for step in range(5):
        loss(step, torch.Generator().manual_seed(step))
        times = spy.calls[-1][1]
        share_below = torch.tensor([(times < t).sum() / 20 for t in range(1, 20)])
        density_of_root_t = (torch.arange(1, 20) / 20) ** 1.5
        assert (share_below - density_of_root_t).abs().max() <= 1 / 20
        assert times.min() >= 0 and times.max() <= 19


@pytest.mark.parametrize("dropout", [0.0, 0.1, 1.0])
def test_captions_are_dropped_as_often_as_said(dropout: float):
    known = data()
    spy = Spy(lambda z, t: z)
    loss = v_prediction_loss(spy, known, EMPTY, ALPHAS, 4000, dropout)  # type: ignore[arg-type]
    loss(0, torch.Generator().manual_seed(1))
    _, _, ids = spy.calls[0]
    empty = (ids == EMPTY).all(1)
    assert empty.float().mean().item() == pytest.approx(dropout, abs=0.015)
    assert ((ids == ids[:, :1]).all(1)).all()  # a caption is dropped whole


def test_a_caption_stays_with_its_picture():
    rows = torch.arange(6).view(6, 1, 1, 1).expand(6, 2, 3, 3).half()
    known = CaptionedLatents(rows, torch.arange(6)[:, None].expand(6, 4))
    clean = torch.ones(20)  # ᾱ = 1: no noise is added
    spy = Spy(lambda z, t: z)
    v_prediction_loss(spy, known, EMPTY - 1, clean, 64, dropout=0.0)(  # type: ignore[arg-type]
        0, torch.Generator().manual_seed(2)
    )
    asked, _, ids = spy.calls[0]
    assert torch.equal(asked[:, 0, 0, 0], ids[:, 0].float())


def test_an_untrained_network_starts_from_zero():
    torch.manual_seed(0)
    unet = UNet2DConditionModel.from_config(
        {
            "block_out_channels": [8, 8],
            "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
            "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
            "layers_per_block": 1,
            "norm_num_groups": 4,
            "cross_attention_dim": 6,
            "attention_head_dim": 2,
        }
    )
    start_as_identity(unet)
    sample, text = torch.randn(2, 4, 8, 8), torch.randn(2, 3, 6)
    assert unet(sample, 3, text).abs().max() == 0
    resnet, attention = unet.mid_block.resnets[0], unet.mid_block.attentions[0]
    x = torch.randn(2, 8, 4, 4)
    assert torch.equal(resnet(x, torch.randn(2, 32)), x)
    assert torch.equal(attention(x, text), x)
    unet(sample, 3, text).square().sum().backward()
    unet(sample, 3, text).sum().backward()
    assert unet.conv_out.weight.grad is not None and unet.conv_out.weight.grad.abs().max() > 0


def test_data_set_of_scenes(tmp_path: Path):
    class Words:
        model_max_length = 6

        def __call__(self, prompts: list[str], **_: Any) -> Any:
            rows = [[len(word) for word in text.split()][:6] for text in prompts]
            self.input_ids = torch.tensor([row + [0] * (6 - len(row)) for row in rows])
            return self

    torch.manual_seed(0)
    vae = AutoencoderKL.from_config(
        {
            "block_out_channels": [8, 8],
            "down_block_types": ["DownEncoderBlock2D"] * 2,
            "up_block_types": ["UpDecoderBlock2D"] * 2,
            "norm_num_groups": 4,
            "scaling_factor": 0.5,
            "mid_block_add_attention": False,
        }
    )

    def make(seed: int) -> CaptionedLatents:
        return CaptionedLatents.of_scenes(vae, Words(), 70, seed, say=lambda _: None)

    first = make(1)
    assert first.latents.shape == (70, 4, 32, 32) and first.latents.dtype == torch.float16
    assert first.ids.shape == (70, 6)
    again, other = make(1), make(2)
    assert torch.equal(first.latents, again.latents) and torch.equal(first.ids, again.ids)
    assert not torch.equal(first.latents, other.latents)
    first.save(tmp_path / "scenes.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["scenes.safetensors"]
    read = CaptionedLatents.load(tmp_path / "scenes.safetensors")
    assert torch.equal(read.latents, first.latents) and torch.equal(read.ids, first.ids)
