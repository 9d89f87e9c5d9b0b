import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from engine.diffusion.weights.folder import variants, weight_files
from engine.diffusion.weights.headers import read_header
from engine.diffusion.weights.tensors import tensors
from engine.diffusion.weights.write import planned, write_files, write_weights

STATE = {
    "b.weight": torch.arange(12.0).reshape(3, 4),
    "a.weight": torch.arange(12.0).reshape(3, 4).t(),
    "half": torch.ones(3, dtype=torch.float16),
    "brain": torch.full((5,), 1.5, dtype=torch.bfloat16),
    "count": torch.arange(3),
    "flag": torch.tensor([True, False, True]),
    "number": torch.tensor(2.5),
    "empty": torch.empty(0),
    "größe": torch.ones(2),
}


def test_what_is_written_is_read_by_the_format_s_own_library(tmp_path):
    (file,) = write_weights(tmp_path, "model", STATE.items)
    assert file.name == "model.safetensors"
    found = load_file(file)
    assert found.keys() == STATE.keys()
    for name, tensor in STATE.items():
        assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor), name
    with safe_open(file, framework="pt") as opened:
        assert opened.metadata() == {"format": "pt"}


def test_and_by_our_reader(tmp_path):
    files = write_weights(tmp_path, "model", STATE.items)
    for name, tensor in tensors(files):
        assert torch.equal(tensor, STATE[name]), name


def test_numbers_lie_where_they_can_be_used_without_a_copy(tmp_path):
    (file,) = write_weights(tmp_path, "model", STATE.items)
    header = read_header(file)
    start = file.stat().st_size - header.size
    assert start % 8 == 0
    widths = {"F32": 4, "I64": 8, "F16": 2, "BF16": 2, "BOOL": 1}
    assert all((start + t.start) % widths[t.dtype] == 0 for t in header.tensors.values())


def test_floating_point_is_converted_and_nothing_else(tmp_path):
    (file,) = write_weights(tmp_path, "model", STATE.items, dtype=torch.bfloat16)
    kinds = {name: tensor.dtype for name, tensor in load_file(file).items()}
    assert kinds["count"] == torch.int64 and kinds["flag"] == torch.bool
    assert {kinds[n] for n in ("a.weight", "half", "brain", "number")} == {torch.bfloat16}
    assert torch.equal(load_file(file)["b.weight"], STATE["b.weight"].bfloat16())


def test_shards_hold_at_most_so_many_bytes_and_an_index_says_which(tmp_path):
    state = {f"t{i}": torch.full((10,), float(i)) for i in range(7)}
    files = write_weights(tmp_path, "model", state.items, max_shard=100)
    assert [file.name for file in files] == [
        *(f"model-0000{i}-of-00004.safetensors" for i in range(1, 5)),
        "model.safetensors.index.json",
    ]
    index = json.loads(files[-1].read_text())
    assert index["metadata"] == {"total_size": 280}
    assert index["weight_map"].keys() == state.keys()
    assert weight_files(tmp_path) == tuple(files[:-1])
    found = dict(tensors(files[:-1]))
    assert all(torch.equal(found[name], tensor) for name, tensor in state.items())
    assert all(read_header(file).size <= 100 for file in files[:-1])


def test_a_tensor_larger_than_a_shard_has_one_of_its_own(tmp_path):
    state = {"a": torch.ones(100), "b": torch.ones(1), "c": torch.ones(100)}
    assert len(write_weights(tmp_path, "model", state.items, max_shard=50)) == 4


def test_variants_are_in_the_names(tmp_path):
    state = {"a": torch.ones(10), "b": torch.ones(10)}
    write_weights(tmp_path, "model", state.items)
    (file,) = write_weights(tmp_path, "model", state.items, variant="fp16")
    assert file.name == "model.fp16.safetensors"
    shards = write_weights(tmp_path, "model", state.items, variant="bf16", max_shard=40)
    assert [shard.name for shard in shards] == [
        "model.bf16-00001-of-00002.safetensors",
        "model.bf16-00002-of-00002.safetensors",
        "model.safetensors.index.bf16.json",
    ]
    assert variants(tmp_path) == {"", "fp16", "bf16"}
    assert weight_files(tmp_path, "bf16") == tuple(shards[:2])


def test_progress_counts_to_the_end(tmp_path):
    told: list[tuple[int, int]] = []
    plan = planned(STATE.items, None)
    write_files([(tmp_path / "a", plan)], STATE.items, progress=lambda *n: told.append(n))
    total = sum(tensor.size for tensor in plan)
    assert told[-1] == (total, total) and len(told) == len(STATE)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("metadata", [{}, {"modelspec.prediction_type": "v"}])
def test_metadata(metadata, tmp_path):
    file = tmp_path / "m.safetensors"
    write_files([(file, planned(STATE.items, None))], STATE.items, metadata=metadata)
    assert read_header(file).metadata == {"format": "pt", **metadata}
