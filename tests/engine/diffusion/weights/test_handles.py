import pytest
import torch

from engine.diffusion.models.controlnet import ControlNetModel
from engine.diffusion.models.t2i_adapter import T2IAdapter as T2IAdapterModel
from engine.diffusion.models.unet_2d import UNet2DModel
from engine.diffusion.models.vq_model import VQModel
from engine.diffusion.values import (
    VAE,
    ControlNet,
    Scheduler,
    T2IAdapter,
    TextEncoder,
    Tokenizer,
    UNet,
)
from engine.diffusion.weights.facets import ModelFacts
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.handles import handle, open_component, open_pipeline
from engine.diffusion.weights.load import load
from engine.diffusion.weights.save import save_model, save_pipeline
from engine.graph.errors import LoomError


def test_a_pipeline_opens_as_one_handle_a_component(tiny_model):
    parts = open_pipeline(tiny_model)
    kinds = {name: type(part) for name, part in parts.items()}
    assert kinds == {
        "tokenizer": Tokenizer,
        "text_encoder": TextEncoder,
        "unet": UNet,
        "vae": VAE,
        "scheduler": Scheduler,
    }
    unet = parts["unet"]
    assert isinstance(unet, UNet)
    facts = (unet.space, unet.channels, unet.width, unet.factor, unet.sample_size)
    assert facts == ("tiny", 4, 32, 4, 8)
    assert unet.path == tiny_model / "unet"


def test_a_component_alone_is_the_same_model(tiny_model):
    alone = open_component(tiny_model / "text_encoder")
    within = open_pipeline(tiny_model)["text_encoder"]
    assert isinstance(alone, TextEncoder) and isinstance(within, TextEncoder)
    assert alone.digest == within.digest
    assert alone.width == 32


def test_a_scheduler_keeps_its_configuration(tiny_model):
    scheduler = open_component(tiny_model, "scheduler")
    assert isinstance(scheduler, Scheduler)
    assert scheduler.class_name == "DDIMScheduler"
    assert scheduler.to_json()["num_train_timesteps"] == 1000
    assert Scheduler.from_json(scheduler.to_json()) == scheduler


def test_handles_are_equal_by_content_and_differ_by_patch(tiny_model, model_copy):
    one, two = open_pipeline(tiny_model)["unet"], open_pipeline(model_copy)["unet"]
    assert isinstance(one, UNet) and isinstance(two, UNet)
    assert one == two and hash(one) == hash(two)

    class Patch:
        def apply(self, module):
            pass

    assert one.patched(Patch()) != one


def test_a_truncated_weight_file_still_makes_a_handle_but_a_missing_one_does_not(model_copy):
    component = find_component(model_copy, "unet")
    component.weights()[0].unlink()
    with pytest.raises(LoomError, match="has no weights"):
        handle(component, ModelFacts())


def test_controlnets_and_adapters_have_kinds_of_their_own(tmp_path):
    stages = {"block_out_channels": [8, 8], "norm_num_groups": 4, "cross_attention_dim": 6}
    blocks = {"down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"], "layers_per_block": 1}
    control = ControlNetModel.from_config({**stages, **blocks, "attention_head_dim": 2})
    adapter = T2IAdapterModel.from_config({"channels": [4, 4], "num_res_blocks": 1})
    for model, kind in ((control, ControlNet), (adapter, T2IAdapter)):
        folder = tmp_path / type(model).__name__
        save_model(model, folder)
        ref = open_component(folder)
        assert type(ref) is kind and ref.space == ""
        loaded = load(ref)
        assert type(loaded) is type(model)
        for name, value in model.state_dict().items():
            assert torch.equal(loaded.state_dict()[name], value)
    found = open_component(tmp_path / "ControlNetModel")
    assert isinstance(found, ControlNet) and found.width == 6


def test_a_pipeline_without_text(tmp_path):
    stages = {"block_out_channels": [8, 8], "norm_num_groups": 4}
    unet = UNet2DModel.from_config(
        {
            **stages,
            "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
            "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
            "sample_size": 16,
        }
    )
    vae = VQModel.from_config(
        {
            **stages,
            "down_block_types": ["DownEncoderBlock2D"] * 2,
            "up_block_types": ["UpDecoderBlock2D"] * 2,
            "num_vq_embeddings": 4,
        }
    )
    root = tmp_path / "mine"
    save_pipeline({"unet": unet, "vqvae": vae}, root, "LDMPipeline")
    parts = open_pipeline(root)
    found, codebook = parts["unet"], parts["vqvae"]
    assert isinstance(found, UNet) and isinstance(codebook, VAE)
    assert (found.width, found.channels, found.factor, found.sample_size) == (0, 3, 2, 16)
    assert (codebook.space, codebook.channels, codebook.factor) == ("mine", 3, 2)
    for ref, model in ((found, unet), (codebook, vae)):
        loaded = load(ref)
        assert type(loaded) is type(model)
        for name, value in model.state_dict().items():
            assert torch.equal(loaded.state_dict()[name], value)
