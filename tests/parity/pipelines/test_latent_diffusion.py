"""Latent diffusion's own text-to-image (Rombach et al. 2022) against the reference pipeline."""

import diffusers
import pytest
import torch
from diffusers.pipelines.latent_diffusion.pipeline_latent_diffusion import (
    LDMBertConfig,
    LDMBertModel,
)
from transformers import BertTokenizer

from engine.diffusion.sampling import Job
from engine.diffusion.text.encode import encode
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from tests.parity.pipelines.tiny import (
    agree,
    decoded,
    generators,
    noise,
    our_scheduler,
    quiet,
    their_scheduler,
    zeros,
)

pytestmark = pytest.mark.parity


# The reference's pipeline does not scale what the UNet reads: solvers over sigma can't be compared.
@pytest.mark.parametrize("solver", ["DDIMScheduler", "DPMSolverMultistepScheduler"])
def test_the_same_picture(tiny, tmp_path, solver: str):
    model, scheduler = tiny(), their_scheduler(solver)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "red", "fish", "cat"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    tokenizer = BertTokenizer(str(tmp_path / "vocab.txt"), model_max_length=77)
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    torch.manual_seed(0)
    bert = LDMBertModel(
        LDMBertConfig(
            vocab_size=len(words),
            d_model=32,
            encoder_layers=2,
            encoder_ffn_dim=64,
            encoder_attention_heads=2,
            head_dim=16,
            max_position_embeddings=77,
        )
    ).eval()
    bert.save_pretrained(tmp_path / "bert")
    theirs = quiet(
        diffusers.LDMTextToImagePipeline(
            vqvae=model.theirs["vae"],
            bert=bert,
            tokenizer=tokenizer,
            unet=model.theirs["unet"],
            scheduler=scheduler,
        )
    )(
        ["a red fish"] * 2,
        num_inference_steps=6,
        guidance_scale=4.0,
        height=64,
        width=64,
        generator=generators(),
        output_type="pt",
    ).images
    ours = load_component(find_component(tmp_path, "bert"))
    vocabulary = load_component(find_component(tmp_path, "tokenizer"))
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        zeros(),
        noise(),
        encode(vocabulary, ours, ["a red fish"]),
        encode(vocabulary, ours, [""]),
        steps=6,
        guidance=4.0,
    )
    agree(decoded(model.ours["vae"], job.run().latents), theirs)
