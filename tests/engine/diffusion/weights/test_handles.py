import pytest

from engine.diffusion.values import VAE, Scheduler, TextEncoder, Tokenizer, UNet
from engine.diffusion.weights.facets import ModelFacts
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.handles import handle, open_component, open_pipeline
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
