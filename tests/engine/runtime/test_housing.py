from pathlib import Path

import pytest
import torch
from torch import nn

from engine.diffusion.values import ModelRef
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.handles import open_pipeline
from engine.diffusion.weights.load import dtype_there, load_component
from engine.graph.errors import LoomError
from engine.runtime import housing, streaming
from engine.runtime.housing import Housed, house
from engine.runtime.packing import can_pack
from engine.runtime.streaming import units_of
from engine.runtime.transfer import Direct
from tests.engine.diffusion.text.tiny_words import write_blip, write_t5

CPU = torch.device("cpu")
SPACE = 64 << 10


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Parts small enough that the tiny model has several."""
    monkeypatch.setattr(housing, "LEAST_SLOT", SPACE)
    monkeypatch.setattr(streaming, "SMALL", 1 << 10)


@pytest.fixture
def unet(tiny_model: Path):
    return load_component(find_component(tiny_model, "unet"), None)


def predicted(module: nn.Module, dtype=torch.float32) -> torch.Tensor:
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(2, 4, 8, 8, generator=draw).to(dtype)
    context = torch.randn(2, 5, 32, generator=draw).to(dtype)
    with torch.inference_mode():
        return module(x, torch.tensor(500.0), context)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_streamed_numbers_are_those_of_the_resident_model_to_the_last_bit(unet, dtype):
    model = Housed(unet, CPU, dtype)
    assert model.in_place == (dtype == torch.float32)
    model.bring()
    whole = predicted(unet, dtype)
    for _ in range(2):
        taken = model.stream(4 * SPACE)
        assert model.state == "streamed" and 0 < taken < model.size
        for _ in range(3):  # the order of the parts is a guess the first time
            assert torch.equal(predicted(unet, dtype), whole)
        model.bring()
        assert torch.equal(predicted(unet, dtype), whole)
    model.let_go()
    assert model.state == "away"


@pytest.mark.skipif(not can_pack(torch.bfloat16), reason="no packed kernels here")
def test_what_is_packed_is_never_there_in_rows(unet):
    model = Housed(unet, CPU, torch.bfloat16)
    stored = {name: p.data for name, p in unet.named_parameters()}
    model.bring()
    conv = unet.mid_block.resnets[0].conv1
    assert conv.held.dtype == torch.bfloat16 and conv.held.untyped_storage().nbytes() == 2
    assert torch.isfinite(predicted(unet, torch.bfloat16)).all()
    assert conv.held.untyped_storage().nbytes() == 2
    for name in stored:  # asking for it gives it back
        owner, _, attribute = name.rpartition(".")
        found = getattr(unet.get_submodule(owner), attribute)
        assert torch.equal(found, stored[name].bfloat16()), name
    model.let_go()
    assert all(torch.equal(p, stored[name]) for name, p in unet.named_parameters())


class Counted(Direct):
    """A transfer that knows how many bytes of weights are on its way or there."""

    def __init__(self) -> None:
        self.copied = 0

    def copy(self, target, source):
        self.copied += target.nbytes
        super().copy(target, source)


def test_each_part_is_copied_once_a_call_and_room_is_for_two(unet):
    transfer = Counted()
    model = Housed(unet, CPU, torch.bfloat16, transfer)
    taken = model.stream(4 * SPACE)
    staying = transfer.copied
    units = units_of(unet, model._stored, SPACE)
    largest = max(unit.size for unit in units)
    assert taken == staying + 2 * largest
    assert len(units) > 5
    predicted(unet, torch.bfloat16)  # begins in a guessed order
    transfer.copied = 0
    predicted(unet, torch.bfloat16)
    moved = sum(w.parameter.numel() * 2 for unit in units for w in unit.weights)
    assert staying + moved == model.size
    assert transfer.copied == moved


def test_what_is_away_has_shape_and_type_and_can_not_be_read_unseen(unet):
    model = Housed(unet, CPU, torch.bfloat16, Counted())
    model.stream(4 * SPACE)
    weight = unet.mid_block.resnets[0].conv1.weight
    assert weight.shape == (64, 64, 3, 3) and weight.dtype == torch.bfloat16
    assert bool(weight.isnan().all())
    assert weight.untyped_storage().nbytes() == 2


def test_a_layer_that_is_called_alone_brings_its_part(unet):
    model = Housed(unet, CPU, torch.bfloat16)
    model.bring()
    layer, x = unet.mid_block.attentions[0].transformer_blocks[0].attn2.to_k, torch.randn(3, 32)
    with torch.inference_mode():
        whole = layer(x.bfloat16())
        model.stream(4 * SPACE)
        layer = unet.mid_block.attentions[0].transformer_blocks[0].attn2.to_k
        assert torch.equal(layer(x.bfloat16()), whole)


def test_gradients_through_what_is_gone_are_refused(unet):
    model = Housed(unet, CPU, torch.bfloat16)
    model.stream(4 * SPACE)
    x = torch.randn(1, 4, 8, 8).bfloat16()
    with pytest.raises(LoomError, match="Gradients are asked for through a model that is streamed"):
        unet(x, torch.tensor(500.0), torch.randn(1, 5, 32).bfloat16())
    assert torch.isfinite(predicted(unet, torch.bfloat16)).all()  # and it can be used on


def test_memory_that_runs_out_on_the_way_leaves_the_model_away(unet):
    class Full(Direct):
        def copy(self, target, source):
            raise torch.OutOfMemoryError("no more")

    model = Housed(unet, CPU, torch.bfloat16, Full())
    with pytest.raises(torch.OutOfMemoryError):
        model.bring()
    assert model.state == "away"
    assert next(unet.parameters()).dtype == torch.float32  # as in its file


def test_shared_weights_and_small_ones_stay():
    shared = nn.Linear(128, 128)
    module = nn.ModuleDict({"a": shared, "b": nn.Sequential(nn.Linear(128, 128), shared)})
    module["c"] = nn.Linear(4, 4)
    stored = {p: p.data for p in module.parameters()}
    units = units_of(module, stored, 2 * SPACE)
    assert [unit.module for unit in units] == [module["b"]]
    (weight,) = units[0].weights  # a bias is small
    assert weight.parameter is module["b"][0].weight


def test_which_handles_are_housed(tiny_model: Path):
    parts = open_pipeline(tiny_model)
    for name, can_stream in (("unet", True), ("text_encoder", True), ("vae", False)):
        ref = parts[name]
        assert isinstance(ref, ModelRef)
        found = house(ref, "cpu")
        assert isinstance(found, Housed) and found.can_stream == can_stream
        assert found.state == "away"
    tokenizer = parts["tokenizer"]
    assert isinstance(tokenizer, ModelRef)
    assert house(tokenizer, "cpu").model_max_length == 12


def answer(model: nn.Module) -> torch.Tensor:
    """Logits of a T5 or a BLIP for a few tokens, and a picture."""
    ids = torch.tensor([[3, 4, 5, 1]])
    given: dict[str, torch.Tensor] = {"input_ids": ids}
    if hasattr(model, "vision_model"):
        draw = torch.Generator().manual_seed(0)
        side = model.config.vision_config.image_size
        given["pixel_values"] = torch.randn(1, 3, side, side, generator=draw).to(model.dtype)
    else:
        given["decoder_input_ids"] = ids
    with torch.inference_mode():
        return model(**given).logits


@pytest.mark.parametrize("write", [write_t5, write_blip])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_models_of_words_are_streamed_to_the_last_bit(
    write, dtype: str, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(streaming, "TINY", 1 << 6)
    monkeypatch.setattr(housing, "LEAST_SLOT", 4 << 10)
    write(tmp_path / "model")
    names = {write_t5: "T5ForConditionalGeneration", write_blip: "BlipForConditionalGeneration"}
    model = house(ModelRef(str(tmp_path / "model"), "", names[write], "b2:words", dtype), "cpu")
    assert isinstance(model, Housed) and model.can_stream
    model.bring()
    whole = answer(model.module)
    assert whole.dtype == getattr(torch, dtype)
    taken = model.stream(8 << 10)
    assert model.state == "streamed" and taken < model.size
    for _ in range(2):
        assert torch.equal(answer(model.module), whole)
    model.let_go()


def test_weights_that_overflow_keep_their_dtype(tmp_path: Path):
    write_t5(tmp_path / "t5")
    module = load_component(find_component(tmp_path / "t5", ""), None)
    model = Housed(module, CPU, dtype_there(module, torch.float16))
    model.bring()
    dense = module.encoder.block[0].layer[1].DenseReluDense
    assert (dense.wi_0.weight.dtype, dense.wo.weight.dtype) == (torch.float16, torch.float32)
    assert model.size < sum(4 * parameter.numel() for parameter in module.parameters())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_on_a_cuda_device(unet, dtype):
    device = torch.device("cuda")
    model = Housed(unet, device, dtype)
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(2, 4, 8, 8, generator=draw).to(device, dtype)
    context = torch.randn(2, 5, 32, generator=draw).to(device, dtype)
    with torch.inference_mode():
        model.bring()
        whole = unet(x, torch.tensor(500.0, device=device), context)
        model.stream(4 * SPACE)
        for _ in range(20):
            assert torch.equal(unet(x, torch.tensor(500.0, device=device), context), whole)
        model.let_go()
        assert all(parameter.device.type == "cpu" for parameter in unet.parameters())
