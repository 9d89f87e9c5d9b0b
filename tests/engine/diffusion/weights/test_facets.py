import json
import sys

import pytest

from engine.diffusion.weights.facets import probe_component, probe_pipeline


def write_unet(root, **config):
    (root / "unet").mkdir(parents=True)
    text = json.dumps({"_class_name": "UNet2DConditionModel", **config})
    (root / "unet" / "config.json").write_text(text)
    index = {"unet": ["diffusers", "UNet2DConditionModel"]}
    (root / "model_index.json").write_text(json.dumps(index))
    return root


@pytest.mark.parametrize(
    ("width", "blocks", "space"),
    [
        (768, [320, 640, 1280, 1280], "sd15"),
        (1024, [320, 640, 1280, 1280], "sd21"),
        (2048, [320, 640, 1280], "sdxl"),
        (1280, [384, 768, 1536, 1536], "sdxl"),
        (1280, [320, 640, 1280, 1280], "ldm-text2im"),
        (1024, [256, 512, 512, 1024], "x4-upscaler"),
        (768, [64, 128, 192], "mine"),
    ],
)
def test_published_families_are_told_by_their_shapes(tmp_path, width, blocks, space):
    root = write_unet(tmp_path / "mine", cross_attention_dim=width, block_out_channels=blocks)
    facets = probe_pipeline(root)["unet"].facets()
    assert facets == {"space": space, "channels": 4, "width": width}


@pytest.mark.parametrize(("inputs", "outputs"), [(4, 4), (9, 4), (5, 4), (8, 4), (4, 8), (7, 4)])
def test_channels_are_those_of_the_latents(tmp_path, inputs, outputs):
    root = write_unet(tmp_path / "m", in_channels=inputs, out_channels=outputs)
    facts = probe_pipeline(root)["unet"]
    assert (facts.channels, facts.in_channels) == (4, inputs)


def test_the_latents_of_the_smaller_upscaler_are_stable_diffusions(tmp_path):
    widths = [384, 384, 768, 768]
    root = write_unet(
        tmp_path / "m",
        cross_attention_dim=768,
        block_out_channels=widths,
        in_channels=8,
        out_channels=5,
    )
    facets = probe_pipeline(root)["unet"].facets()
    assert facets == {"space": "sd15", "channels": 4, "width": 768}


def test_components_of_one_folder_explain_one_another(tiny_model):
    facts = probe_pipeline(tiny_model)
    assert facts["unet"].facets() == {"space": "tiny", "channels": 4, "width": 32}
    assert facts["vae"].facets() == {"space": "tiny", "channels": 4}
    assert facts["text_encoder"].facets() == {"space": "tiny", "width": 32}
    assert facts["unet"].factor == facts["vae"].factor == 4


def test_a_vae_alone_leaves_its_family_open(tiny_model):
    facts = probe_component(tiny_model, "vae")
    assert facts.facets() == {"channels": 4}


def test_probing_is_light(tiny_model):
    import subprocess

    code = (
        "import sys; from pathlib import Path\n"
        "from engine.diffusion.weights.facets import probe_pipeline\n"
        f"probe_pipeline(Path({str(tiny_model)!r}))\n"
        "print('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def write_component(folder, class_name, **config):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"_class_name": class_name, **config}))
    return folder


@pytest.mark.parametrize(
    ("width", "blocks", "facets"),
    [
        (768, [320, 640, 1280, 1280], {"space": "sd15", "width": 768}),
        (2048, [320, 640, 1280], {"space": "sdxl", "width": 2048}),
        (32, [32, 64], {"width": 32}),
    ],
)
def test_a_controlnet_is_of_its_unet_s_family(tmp_path, width, blocks, facets):
    shapes = {"cross_attention_dim": width, "block_out_channels": blocks}
    folder = write_component(tmp_path / "canny", "ControlNetModel", **shapes)
    assert probe_component(folder).facets() == facets


@pytest.mark.parametrize(
    ("kind", "facets"),
    [("full_adapter", {}), ("light_adapter", {}), ("full_adapter_xl", {"space": "sdxl"})],
)
def test_an_adapter_says_its_family_only_by_its_type(tmp_path, kind, facets):
    folder = write_component(tmp_path / "sketch", "T2IAdapter", adapter_type=kind)
    assert probe_component(folder).facets() == facets


def test_a_text_encoder_of_latent_diffusion_is_as_wide_as_it_says(tmp_path):
    folder = write_component(tmp_path / "bert", "LDMBertModel", d_model=1280)
    assert probe_component(folder).facets() == {"width": 1280}


@pytest.mark.parametrize("inputs", [4, 8, 9])
def test_unclip_decoders_predict_a_variance_beside_their_latents(tmp_path, inputs):
    blocks = ["ResnetDownsampleBlock2D", *["SimpleCrossAttnDownBlock2D"] * 3]
    root = write_unet(
        tmp_path / "k",
        in_channels=inputs,
        out_channels=8,
        down_block_types=blocks,
        cross_attention_dim=768,
        block_out_channels=[384, 768, 1152, 1536],
    )
    facts = probe_pipeline(root)["unet"]
    assert (facts.channels, facts.in_channels, facts.space) == (4, inputs, "kandinsky-2")


@pytest.mark.parametrize(
    ("class_name", "config", "channels", "factor"),
    [
        ("AutoencoderKL", {"block_out_channels": [8] * 4}, 4, 8),
        ("VQModel", {"block_out_channels": [8] * 3}, 3, 4),
        ("VQModel", {"block_out_channels": [8] * 4, "vq_embed_dim": 4, "latent_channels": 6}, 4, 8),
        ("AutoencoderTiny", {}, 4, 8),
        ("AutoencoderTiny", {"encoder_block_out_channels": [8, 8], "latent_channels": 16}, 16, 2),
    ],
)
def test_autoencoders_tell_their_latents(tmp_path, class_name, config, channels, factor):
    write_component(tmp_path / "vae", class_name, **config)
    facts = probe_component(tmp_path, "vae")
    assert (facts.channels, facts.factor, facts.space) == (channels, factor, None)


def test_a_unet_that_reads_no_text_has_width_zero(tmp_path):
    write_component(tmp_path / "ddpm", "UNet2DModel", sample_size=32)
    facts = probe_component(tmp_path / "ddpm")
    assert facts.facets() == {"space": "ddpm", "channels": 3, "width": 0}
    assert (facts.in_channels, facts.factor, facts.sample_size) == (3, 1, 32)


def test_a_unet_beside_an_autoencoder_works_on_its_latents(tmp_path):
    root = tmp_path / "ldm"
    write_component(root / "unet", "UNet2DModel", sample_size=64)
    write_component(root / "vqvae", "VQModel", block_out_channels=[8] * 3)
    index = {"unet": ["diffusers", "UNet2DModel"], "vqvae": ["diffusers", "VQModel"]}
    (root / "model_index.json").write_text(json.dumps(index))
    facts = probe_pipeline(root)
    assert facts["unet"].factor == facts["vqvae"].factor == 4
    assert facts["unet"].space == facts["vqvae"].space == "ldm"
