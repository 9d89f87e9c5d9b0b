from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.diffusion.values import ModelRef
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.handles import open_pipeline
from engine.diffusion.weights.load import load, load_component
from engine.graph.errors import LoomError

PARTS = ["unet", "vae", "text_encoder"]


def change(root, part, edit):
    """Rewrite a component's weights through `edit`, a function of the tensors by name."""
    file = find_component(root, part).weights()[0]
    tensors = {name: tensor.clone() for name, tensor in load_file(file).items()}
    save_file(edit(tensors) or tensors, file, metadata={"format": "pt"})


@pytest.mark.parametrize("part", PARTS)
def test_every_tensor_of_the_file_arrives(tiny_model, part):
    component = find_component(tiny_model, part)
    model = load_component(component)
    stored = load_file(component.weights()[0])
    state = model.state_dict()
    assert len(state) == len(stored)
    named = {name.removeprefix("text_model."): tensor for name, tensor in stored.items()}
    for name, tensor in state.items():
        assert torch.equal(tensor, named[name.removeprefix("text_model.")]), name
    assert not model.training
    assert not any(p.requires_grad or p.is_meta for p in model.parameters())


@pytest.mark.parametrize("part", PARTS)
def test_half_precision_files_come_as_float32_where_that_is_asked(model_copy, part):
    change(model_copy, part, lambda tensors: {n: t.half() for n, t in tensors.items()})
    model = load_component(find_component(model_copy, part))
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    half = load_component(find_component(model_copy, part), torch.bfloat16)
    assert {p.dtype for p in half.parameters()} == {torch.bfloat16}


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="shows what Linux mapped")
def test_weights_are_mapped_not_copied(tiny_model):
    file = find_component(tiny_model, "unet").weights()[0]
    model = load_component(find_component(tiny_model, "unet"))
    spans = [
        line.split()[0]
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(str(file))
    ]
    address = model.conv_in.weight.data_ptr()
    limits = [[int(end, 16) for end in span.split("-")] for span in spans]
    assert any(start <= address < end for start, end in limits)
    # Mapped privately: writing to the model must never reach the file.
    before = file.read_bytes()
    with torch.no_grad():
        model.conv_in.weight.zero_()
    assert file.read_bytes() == before


@pytest.mark.parametrize("part", PARTS)
def test_a_truncated_file_is_named_with_its_sizes(model_copy, part):
    file = find_component(model_copy, part).weights()[0]
    whole = file.stat().st_size
    with open(file, "r+b") as opened:
        opened.truncate(whole - 100)
    with pytest.raises(LoomError, match=f"{whole} bytes expected, {whole - 100} found"):
        load_component(find_component(model_copy, part))


@pytest.mark.parametrize("part", PARTS)
def test_missing_unexpected_and_misshaped_tensors_are_listed(model_copy, part):
    names = {}

    def edit(tensors):
        weights = sorted(name for name, tensor in tensors.items() if tensor.dim() == 2)
        names["missing"], names["misshaped"] = weights[:2]
        del tensors[names["missing"]]
        tensors[names["misshaped"]] = torch.zeros(3, 5)
        tensors["surplus.weight"] = torch.zeros(1)

    change(model_copy, part, edit)
    with pytest.raises(LoomError) as raised:
        load_component(find_component(model_copy, part))
    text = str(raised.value)
    assert "1 missing" in text
    assert "1 not known to the model (" in text and "surplus.weight" in text
    assert "1 of another shape" in text
    for name in names.values():
        assert name.removeprefix("text_model.") in text


def test_restricted_pickles_load_and_others_do_not(model_copy):
    component = find_component(model_copy, "unet")
    file = component.weights()[0]
    pickle = file.with_name("diffusion_pytorch_model.bin")
    torch.save(load_file(file), pickle)
    expected = load_component(component).state_dict()
    expected = {name: tensor.clone() for name, tensor in expected.items()}
    file.unlink()
    for name, tensor in load_component(component).state_dict().items():
        assert torch.equal(tensor, expected[name])
    torch.save({"weight": Harmful()}, pickle)
    with pytest.raises(LoomError, match=r"diffusion_pytorch_model\.bin is damaged"):
        load_component(component)


class Harmful:
    """Would run code of its own when an ordinary pickle reader met it."""

    def __reduce__(self):
        return print, ("a pickle ran code",)


def test_sharded_weights_load_whole(model_copy):
    import json

    component = find_component(model_copy, "vae")
    file = component.weights()[0]
    tensors = load_file(file)
    names = sorted(tensors)
    half = len(names) // 2
    mapping = {}
    for number, part in enumerate((names[:half], names[half:]), 1):
        shard = f"diffusion_pytorch_model-0000{number}-of-00002.safetensors"
        save_file({name: tensors[name] for name in part}, file.with_name(shard))
        mapping.update(dict.fromkeys(part, shard))
    tensors = {name: tensor.clone() for name, tensor in tensors.items()}
    file.unlink()
    index = file.with_name("diffusion_pytorch_model.safetensors.index.json")
    index.write_text(json.dumps({"metadata": {}, "weight_map": mapping}))
    for name, tensor in load_component(component).state_dict().items():
        assert torch.equal(tensor, tensors[name])


def test_attention_of_older_autoencoders_finds_its_place(model_copy):
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    expected = {n: t.clone() for n, t in load_file(weights_of(model_copy, "vae")).items()}

    def edit(tensors):
        for name in list(tensors):
            for new, former in old.items():
                if f".{new}." in name:
                    tensors[name.replace(f".{new}.", f".{former}.")] = tensors.pop(name)

    change(model_copy, "vae", edit)
    assert any(".query." in name for name in load_file(weights_of(model_copy, "vae")))
    for name, tensor in load_component(find_component(model_copy, "vae")).state_dict().items():
        assert torch.equal(tensor, expected[name])


def weights_of(root, part):
    return find_component(root, part).weights()[0]


def test_the_tokenizer_comes_from_its_folder(tiny_model):
    tokenizer = load_component(find_component(tiny_model, "tokenizer"))
    ids = tokenizer("a red fish").input_ids
    assert len(ids) == 5
    assert tokenizer.decode(ids[1:-1]).strip() == "a red fish"


def test_an_unknown_class_is_refused_by_name(tmp_path):
    (tmp_path / "config.json").write_text('{"_class_name": "FancyModel"}')
    ref = ModelRef(str(tmp_path), "", "FancyModel", "b2:0")
    with pytest.raises(LoomError, match="FancyModel, which can't be loaded"):
        load(ref)


def test_patches_are_applied_in_order(tiny_model):
    class Add:
        def __init__(self, text):
            self.text = text

        def apply(self, module):
            module.notes = [*getattr(module, "notes", []), self.text]

    ref = open_pipeline(tiny_model)["vae"]
    assert isinstance(ref, ModelRef)
    assert load(ref.patched(Add("one")).patched(Add("two"))).notes == ["one", "two"]
