import json
import os
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.diffusion.weights.mapped import DTYPES, release
from engine.diffusion.weights.tensors import tensors
from engine.graph.errors import LoomError

linux = pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="asks Linux what is held")


def held(file: Path) -> int:
    """Bytes of `file` that this process has in memory, -1 where it is not mapped."""
    total, inside = -1, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        words = line.split()
        if "-" in words[0]:
            inside = str(file) in line
            total = max(total, 0) if inside else total
        elif inside and words[0] == "Rss:":
            total += int(words[1]) << 10
    return total


@pytest.fixture
def file(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "weights.safetensors"
    save_file({f"w{i}": torch.randn(1 << 18) for i in range(16)}, path)  # 16 MiB
    return path


def test_every_type_and_shape_comes_back(tmp_path: Path):
    wanted = {name: torch.ones(2, 3).to(dtype) for name, dtype in DTYPES.items()}
    wanted |= {"number": torch.tensor(3.5), "nothing": torch.zeros(0, 4)}
    save_file(wanted, tmp_path / "a.safetensors")
    found = dict(tensors([tmp_path / "a.safetensors"]))
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert (found[name].dtype, found[name].shape) == (tensor.dtype, tensor.shape)
        assert found[name].tolist() == tensor.tolist()
        assert found[name].data_ptr() % tensor.dtype.itemsize == 0


@pytest.mark.parametrize("spaces", range(4))
def test_data_may_begin_at_any_byte(tmp_path: Path, spaces: int):
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    header += b" " * spaces
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<2f", 1, 2))
    ((_, tensor),) = tensors([path])
    assert tensor.tolist() == [1, 2]
    assert tensor.data_ptr() % 4 == 0


def test_a_type_that_torch_lacks_is_named(tmp_path: Path):
    header = json.dumps({"a": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"1")
    with pytest.raises(LoomError, match=r"a\.safetensors has a as F4, which torch lacks"):
        list(tensors([path]))


@linux
def test_only_what_is_read_is_in_memory_and_only_until_it_is_released(file: Path):
    found = dict(tensors([file]))
    assert held(file) < 1 << 20
    total = {name: float(tensor.sum()) for name, tensor in found.items()}
    assert held(file) > 15 << 20
    for tensor in found.values():
        release(tensor)
    assert held(file) < 1 << 20
    assert {name: float(tensor.sum()) for name, tensor in found.items()} == total


@linux
def test_a_map_lasts_as_long_as_a_tensor_of_it(file: Path):
    last = dict(tensors([file]))["w7"]
    assert held(file) >= 0
    copy = last.clone()
    os.remove(file)
    assert torch.equal(last, copy)
    del last
    assert held(file) == -1


def test_what_is_not_mapped_is_not_released():
    tensor = torch.arange(1 << 18)
    release(tensor)
    assert torch.equal(tensor, torch.arange(1 << 18))
