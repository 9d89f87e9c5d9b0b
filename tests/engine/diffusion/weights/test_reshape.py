import pytest
import torch

from engine.diffusion.weights.find import component
from engine.diffusion.weights.load import load_component
from engine.diffusion.weights.reshape import load_reshaped
from engine.graph.errors import LoomError


@pytest.mark.parametrize("channels", [5, 8, 9])
@pytest.mark.parametrize("single", [True, False])
def test_more_input_channels_keep_every_other_weight(channels, single, folders, files):
    source = component(files("sd1") if single else folders("sd1"), "unet")
    whole = load_component(source).state_dict()
    torch.manual_seed(0)
    found = load_reshaped(source, {"in_channels": channels})
    assert found.begun_anew == ("conv_in.weight",)
    state = found.model.state_dict()
    assert state.keys() == whole.keys()
    for name, tensor in state.items():
        if name != "conv_in.weight":
            assert torch.equal(tensor, whole[name]), name
    weight = state["conv_in.weight"]
    assert weight.shape == (64, channels, 3, 3)
    # A convolution begins with numbers from ±1/√(inputs · 9).
    bound = (channels * 9) ** -0.5
    assert 0.8 * bound < weight.abs().max() <= bound


def test_nothing_begins_anew_where_nothing_changes(folders):
    source = component(folders("sd1"), "unet")
    assert load_reshaped(source, {}).begun_anew == ()


def test_new_layers_begin_anew(folders):
    found = load_reshaped(component(folders("sd1"), "unet"), {"time_cond_proj_dim": 8})
    assert found.begun_anew == ("time_embedding.cond_proj.weight",)


def test_weights_without_a_place_are_refused(folders):
    source = component(folders("sdxl"), "unet")
    with pytest.raises(LoomError, match=r"not known to the model \(add_embedding"):
        load_reshaped(source, {"addition_embed_type": None})


def test_only_our_own_models(folders):
    with pytest.raises(LoomError, match="CLIPTextModel, which can't be changed in shape"):
        load_reshaped(component(folders("sd1"), "text_encoder"), {"hidden_size": 32})
