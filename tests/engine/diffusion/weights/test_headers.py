import json
import struct

import pytest
import torch
from safetensors.torch import save_file

from engine.diffusion.weights.headers import read_header
from engine.graph.errors import LoomError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.safetensors"
    tensors = {"a": torch.zeros(2, 3), "b.weight": torch.zeros(5, dtype=torch.float16)}
    save_file(tensors, path, metadata={"format": "pt"})
    return path


def test_names_shapes_and_types_come_from_the_header(file):
    header = read_header(file)
    assert {n: (t.dtype, t.shape) for n, t in header.tensors.items()} == {
        "a": ("F32", (2, 3)),
        "b.weight": ("F16", (5,)),
    }
    assert header.metadata == {"format": "pt"}
    assert header.size == 2 * 3 * 4 + 5 * 2


def test_a_truncated_file_is_named_with_both_sizes(file):
    whole = file.read_bytes()
    file.write_bytes(whole[:-4])
    with pytest.raises(LoomError) as raised:
        read_header(file)
    text = str(raised.value)
    assert str(file) in text
    assert f"{len(whole)} bytes expected, {len(whole) - 4} found" in text


@pytest.mark.parametrize("kept", [0, 5, 20])
def test_a_file_cut_inside_its_header_is_refused(file, kept):
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(LoomError, match="damaged or incomplete"):
        read_header(file)


def with_header(path, text: bytes, data: bytes = b""):
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


@pytest.mark.parametrize(
    "text",
    [
        b"not json",
        b"[1, 2]",
        json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}).encode(),
        json.dumps({"a": {"dtype": "??", "shape": [1], "data_offsets": [0, 4]}}).encode(),
        json.dumps({"a": {"shape": [1], "data_offsets": [0, 4]}}).encode(),
        json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}).encode(),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(tmp_path, text):
    with pytest.raises(LoomError, match="damaged or incomplete"):
        read_header(with_header(tmp_path / "x.safetensors", text, b"\0" * 4))


def test_a_length_beyond_reason_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", 1 << 60) + b"{}")
    with pytest.raises(LoomError, match="does not begin with a header"):
        read_header(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(LoomError, match=r"gone\.safetensors can't be read"):
        read_header(tmp_path / "gone.safetensors")
