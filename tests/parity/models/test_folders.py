"""Folders that the reference writes load here, and the other way round; every tensor equal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.diffusion.weights.save import save_model

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity

STAGES: dict[str, Any] = {
    "block_out_channels": (8, 16),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "cross_attention_dim": 6,
    "attention_head_dim": 4,
}
DOWN = ("CrossAttnDownBlock2D", "DownBlock2D")
UP = ("UpBlock2D", "CrossAttnUpBlock2D")


def unet(**changes: Any):
    settings = {**STAGES, "down_block_types": DOWN, "up_block_types": UP, **changes}
    return diffusers.UNet2DConditionModel(**settings)


def kandinsky():
    return unet(
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
        resnet_time_scale_shift="scale_shift",
        encoder_hid_dim=5,
        encoder_hid_dim_type="image_proj",
        addition_embed_type="image_hint",
        in_channels=8,
        out_channels=8,
    )


def bert():
    from diffusers.pipelines.latent_diffusion import pipeline_latent_diffusion as module

    return module.LDMBertModel(
        module.LDMBertConfig(
            vocab_size=20,
            max_position_embeddings=6,
            encoder_layers=2,
            encoder_ffn_dim=16,
            d_model=8,
        )
    )


def checker():
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    vision = {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "image_size": 8}
    vision |= {"num_attention_heads": 2, "patch_size": 4}
    return StableDiffusionSafetyChecker(CLIPConfig(projection_dim=8, vision_config=vision))


MODELS: dict[str, Callable[[], Any]] = {
    "sd": unet,
    "depths by layer": lambda: unet(
        transformer_layers_per_block=((2,), 1),
        reverse_transformer_layers_per_block=(1, (1, 2)),
        mid_block_type="UNetMidBlock2D",
    ),
    "upscaler": lambda: unet(in_channels=7, num_class_embeds=9, only_cross_attention=(True, False)),
    "kandinsky": kandinsky,
    "controlnet": lambda: diffusers.ControlNetModel(**STAGES, down_block_types=DOWN),
    "adapter": lambda: diffusers.T2IAdapter(channels=(8, 8), num_res_blocks=1),
    "text encoder": bert,
    "safety checker": checker,
}


def same_weights(ours, theirs) -> None:
    found, expected = ours.state_dict(), theirs.state_dict()
    rename = getattr(ours, "current_name", str)
    expected = {rename(name): value for name, value in expected.items()}
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert torch.equal(value, expected[name]), name


@pytest.mark.parametrize("name", MODELS)
def test_both_ways(name: str, shaken, tmp_path: Path):
    torch.manual_seed(0)
    theirs = shaken(MODELS[name]())
    theirs.save_pretrained(tmp_path / "theirs")
    ours = load_component(find_component(tmp_path / "theirs"))
    assert type(ours).__name__ == type(theirs).__name__
    assert type(ours).__module__.startswith("engine.")
    same_weights(ours, theirs)
    assert not any(tensor.is_meta for tensor in (*ours.parameters(), *ours.buffers()))

    save_model(ours, tmp_path / "ours")
    again, report = type(theirs).from_pretrained(tmp_path / "ours", output_loading_info=True)
    assert not any(report[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    same_weights(ours, again)
    same_weights(load_component(find_component(tmp_path / "ours")), theirs)
    if hasattr(ours.config, "to_json"):
        assert ours.config.from_json(json.loads((tmp_path / "ours/config.json").read_text())) == (
            ours.config
        )


def test_a_published_safety_checker_has_two_names_for_its_tower(shaken, tmp_path: Path):
    from safetensors.torch import load_file, save_file

    theirs = shaken(checker())
    theirs.save_pretrained(tmp_path)
    file = tmp_path / "model.safetensors"
    weights = {
        n.replace("vision_model.", "vision_model.vision_model.", 1): v
        for n, v in load_file(file).items()
    }
    weights["vision_model.vision_model.embeddings.position_ids"] = torch.arange(5)[None]
    save_file(weights, file, metadata={"format": "pt"})
    ours = load_component(find_component(tmp_path))
    same_weights(ours, theirs)
    pixels = torch.randn(2, 3, 8, 8)
    theirs_says = theirs(pixels, torch.ones(2, 8, 8, 3))[1]
    assert [verdict.blank for verdict in ours(pixels)] == theirs_says


def test_the_tokens_of_the_text_encoder_are_bert_s(tmp_path: Path):
    from transformers import BertTokenizer

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "red", "fish", "##y"]
    folder = tmp_path / "model" / "tokenizer"
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    settings = {"tokenizer_class": "BertTokenizer", "model_max_length": 77, "do_lower_case": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    tokenizer = load_component(find_component(folder))
    expected = BertTokenizer.from_pretrained(folder)
    ids = tokenizer("A red fishy Fish").input_ids
    assert ids == expected("A red fishy Fish").input_ids == [2, 5, 6, 7, 8, 7, 3]
