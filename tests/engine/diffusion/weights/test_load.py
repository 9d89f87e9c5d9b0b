import gc
import importlib
import json
import weakref
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.diffusion.values import ModelRef
from engine.diffusion.weights import assign as assigning
from engine.diffusion.weights import load as loading
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
    with pytest.raises(LoomError, match=r"asks for builtins\.print to be run"):
        load_component(component)


class Harmful:
    """Would run code of its own when an ordinary pickle reader met it."""

    def __reduce__(self):
        return print, ("a pickle ran code",)


def test_sharded_weights_load_whole(model_copy):
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


# Encoders of the transformers library, and settings of one that is small.
ENCODERS = {
    "CLIPTextModel": ("clip", {"num_hidden_layers": 2, "vocab_size": 99}),
    "CLIPTextModelWithProjection": ("clip", {"num_hidden_layers": 2, "vocab_size": 99}),
    "CLIPVisionModelWithProjection": ("clip", {"num_hidden_layers": 2, "image_size": 32}),
    "T5EncoderModel": ("t5", {"num_layers": 2, "d_model": 8, "d_ff": 16, "vocab_size": 99}),
    "XLMRobertaModel": ("xlm_roberta", {"num_hidden_layers": 1, "vocab_size": 99}),
}


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_encoders_of_transformers_are_as_it_loads_them(tmp_path, monkeypatch, name, dtype):
    family, settings = ENCODERS[name]
    monkeypatch.setattr(loading, "THEIRS", {name: f"transformers.models.{family}"})
    architecture = getattr(importlib.import_module(f"transformers.models.{family}"), name)
    torch.manual_seed(0)
    small = {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2}
    config = architecture.config_class(**(settings if family == "t5" else small | settings))
    architecture(config).save_pretrained(tmp_path)
    ours = load_component(find_component(tmp_path), dtype)
    theirs = architecture.from_pretrained(tmp_path, dtype=dtype).eval()
    for kind in ("named_parameters", "named_buffers"):
        found, wanted = (dict(getattr(model, kind)()) for model in (ours, theirs))
        assert found.keys() == wanted.keys()
        for key, tensor in wanted.items():
            assert found[key].dtype == tensor.dtype, key
            assert torch.equal(found[key], tensor), key
    if dtype == torch.float32:
        given = torch.rand(1, 3, 32, 32) if "Vision" in name else torch.tensor([[5, 6, 98]])
        with torch.no_grad():
            assert torch.equal(ours(given)[0], theirs(given)[0])


def test_a_text_encoder_is_found_in_the_file_of_a_whole_clip(model_copy):
    config = model_copy / "text_encoder" / "config.json"
    text = json.loads(config.read_text())
    whole = {"architectures": ["CLIPTextModel"], "model_type": "clip", "text_config": text}
    config.write_text(json.dumps(whole))
    model = load_component(find_component(model_copy, "text_encoder"))
    assert model.config.hidden_size == text["hidden_size"]


def test_an_autoencoder_that_overflows_stays_in_float32(model_copy):
    component = find_component(model_copy, "vae")
    config = model_copy / "vae" / "config.json"
    plain = json.loads(config.read_text())
    for upcast, kept in ((True, torch.float32), (False, torch.float16)):
        config.write_text(json.dumps(plain | {"force_upcast": upcast}))
        assert {p.dtype for p in load_component(component, torch.float16).parameters()} == {kept}
        half = load_component(component, torch.bfloat16)
        assert {p.dtype for p in half.parameters()} == {torch.bfloat16}


def test_float16_on_a_cpu_is_refused(tiny_model):
    ref = open_pipeline(tiny_model, dtype="float16")["unet"]
    with pytest.raises(LoomError, match="unet is asked for in float16, in which a CPU"):
        load(ref)


@pytest.mark.parametrize("part", PARTS)
def test_an_error_keeps_nothing_of_the_model(model_copy, part, monkeypatch):
    class Failing:
        def apply(self, module):
            raise RuntimeError("no more memory")

    made: list[weakref.ref] = []

    def laid_out(make):
        model = assigning.laid_out(make)
        made.append(weakref.ref(model))
        return model

    monkeypatch.setattr(loading, "laid_out", laid_out)
    ref = open_pipeline(model_copy)[part]
    with pytest.raises(RuntimeError) as patched:
        load(ref.patched(Failing()))
    change(model_copy, part, lambda tensors: {**tensors, "surplus": torch.zeros(1)})
    with pytest.raises(LoomError) as surplus:
        load_component(find_component(model_copy, part), torch.bfloat16)
    assert patched.value.__traceback__ and surplus.value.__traceback__
    gc.collect()
    assert [model() for model in made] == [None, None]


def test_a_mapped_model_can_be_trained_and_its_file_replaced(model_copy):
    component = find_component(model_copy, "vae")
    model = load_component(component)
    wanted = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    other = {name: torch.full_like(tensor, 7) for name, tensor in wanted.items()}
    file = weights_of(model_copy, "vae")
    save_file(other, file.with_suffix(".part"))
    file.with_suffix(".part").replace(file)
    assert all(torch.equal(tensor, wanted[n]) for n, tensor in model.state_dict().items())
    model.requires_grad_(True)
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
    model.decode(torch.ones(1, 4, 2, 2)).sum().backward()
    optimiser.step()
    bias = model.decoder.conv_out.bias
    assert torch.equal(bias, wanted["decoder.conv_out.bias"] - bias.grad)
    assert all(bool((tensor == 7).all()) for tensor in load_file(file).values())
