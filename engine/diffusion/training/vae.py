"""Trains an AutoencoderKL on pictures: squared error and a whisper of KL divergence."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.training.scenes import Pixels, Scene
from engine.diffusion.training.trainer import Loss


def to_tensor(pictures: Sequence[Pixels]) -> Tensor:
    """Pictures (H, W, 3) in 0..255 as one batch (B, 3, H, W) in [−1, 1], channels last."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def device_of(module: nn.Module) -> torch.device:
    """Where a module's weights are."""
    return next(module.parameters()).device


def scene_batch(seed: int, step: int, size: int) -> Tensor:
    """The `size` scenes of one step, as a batch."""
    rng = random.Random(f"{seed}:{step}")
    return to_tensor([Scene.random(rng).draw(rng) for _ in range(size)])


def reconstruction_loss(vae: AutoencoderKL, batch: int, seed: int, kl: float = 1e-6) -> Loss:
    """‖x − decode(z)‖² + kl · KL, z drawn from the posterior (Kingma & Welling 2014, eq. 10)."""

    def loss(step: int, generator: torch.Generator) -> Tensor:
        x = scene_batch(seed, step, batch).to(device_of(vae))
        posterior = vae.encode(x)
        noise = torch.randn(posterior.mean.shape, generator=generator).to(x.device)
        decoded = vae.decode(posterior.sample(noise))
        error = F.mse_loss(decoded.float(), x)
        return error + kl * posterior.kl().float().mean()

    return loss


def decoder_loss(vae: AutoencoderKL, batch: int, seed: int) -> Loss:
    """‖x − decode(mean of q(z|x))‖² for the decoder alone: the latents stay what they are."""

    def loss(step: int, generator: torch.Generator) -> Tensor:
        x = scene_batch(seed, step, batch).to(device_of(vae))
        with torch.no_grad():
            z = vae.encode(x).mode()
        return F.mse_loss(vae.decode(z).float(), x)

    return loss


@torch.inference_mode()
def psnr(vae: AutoencoderKL, seed: int, pictures: int = 256) -> float:
    """Peak signal-to-noise ratio in dB, 10·log₁₀(1 / MSE) on [0, 1], over unseen scenes."""
    total = 0.0
    for step in range(pictures // 32):
        x = scene_batch(seed, step, 32).to(device_of(vae))
        decoded = vae.decode(vae.encode(x).mode()).clamp(-1, 1)
        total += ((decoded - x) / 2).square().mean().item()
    return -10 * float(np.log10(total / (pictures // 32)))


@torch.no_grad()
def whiten(vae: AutoencoderKL, seed: int, pictures: int = 512) -> None:
    """Rewrite the two 1×1 convolutions so that latents have mean 0 and unit variance, decorrelated.

    The reconstruction is unchanged: what `quant_conv` gains, `post_quant_conv` takes back. A
    diffusion model then starts from data of the scale its noise schedule is made for. A new
    channel's variance is that of the mixture, Σ gain² σ², for old channels of equal variance.
    """
    batches = (scene_batch(seed, s, 32).to(device_of(vae)) for s in range(pictures // 32))
    z = torch.cat([vae.encode(x).mode() for x in batches]).cpu()
    channels = z.shape[1]
    flat = z.movedim(1, 0).flatten(1).double()  # (C, N)
    mean = flat.mean(1)
    values, vectors = torch.linalg.eigh(torch.cov(flat))
    gain = (vectors / values.sqrt()).T  # z' = gain (z − mean), covariance I
    inverse = vectors * values.sqrt()
    quant, post = vae.quant_conv, vae.post_quant_conv
    if quant is None or post is None or quant.bias is None or post.bias is None:
        raise ValueError("whitening needs a VAE with quant_conv and post_quant_conv")
    weight = quant.weight.double().cpu()[:, :, 0, 0]
    bias = quant.bias.double().cpu()
    new_weight, new_bias = weight.clone(), bias.clone()
    new_weight[:channels] = gain @ weight[:channels]
    new_bias[:channels] = gain @ (bias[:channels] - mean)
    new_bias[channels:] += gain.square().sum(1).log()
    post_weight = post.weight.double().cpu()[:, :, 0, 0]
    post.bias.copy_(post.bias.cpu() + (post_weight @ mean).float())
    post.weight.copy_((post_weight @ inverse).float()[:, :, None, None])
    quant.weight.copy_(new_weight.float()[:, :, None, None])
    quant.bias.copy_(new_bias.float())
