import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.diffusion.weights import filling
from engine.diffusion.weights.filling import fill
from engine.diffusion.weights.mapped import DTYPES, place_of
from engine.diffusion.weights.tensors import tensors
from engine.graph.errors import LoomError

PIECE = 1 << 10
reads_files = pytest.mark.skipif(not hasattr(os, "preadv"), reason="reads as Linux and macOS do")


@pytest.fixture(autouse=True, params=[1, 3])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Pieces small enough that tensors of a test have several."""
    monkeypatch.setattr(filling, "PIECE", PIECE)
    monkeypatch.setattr(filling, "LEAST", 1)
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def stored(path: Path, tensor: torch.Tensor) -> torch.Tensor:
    """The tensor as a file has it, mapped, behind those of another."""
    file = path / "a.safetensors"
    before = torch.zeros(37, dtype=torch.float64)
    save_file({"a": before, "b": tensor.contiguous()}, file)
    return dict(tensors([file]))["b"]


def bits(tensor: torch.Tensor) -> bytes:
    """All of them; torch has several bit patterns for NaN, and chooses by place."""
    if tensor.is_floating_point():
        tensor = torch.where(tensor.isnan(), torch.nan, tensor)
    return tensor.contiguous().view(-1).view(torch.uint8).numpy().tobytes()


def drawn(count: int, dtype: torch.dtype) -> torch.Tensor:
    """Numbers of all sizes, and those that are none."""
    draw = torch.Generator().manual_seed(count)
    found = torch.randn(count, generator=draw) * 10 ** torch.randint(
        -8, 5, (count,), generator=draw
    )
    found[: min(count, 4)] = torch.tensor([torch.nan, torch.inf, -torch.inf, -0.0])[:count]
    return found.to(dtype)


@pytest.mark.parametrize("to", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("of", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("count", [0, 1, 127, 256, 257, 4099])
def test_all_bits_are_those_of_torch(tmp_path: Path, count: int, of: torch.dtype, to: torch.dtype):
    tensor = drawn(count, of)
    target = torch.empty(count, dtype=to)
    fill(target, stored(tmp_path, tensor))
    assert bits(target) == bits(tensor.to(to))


@pytest.mark.parametrize("name", [name for name in DTYPES if "8_" not in name])
def test_counts_and_marks_are_taken_over(tmp_path: Path, name: str):
    tensor = torch.arange(3000).remainder(2).to(DTYPES[name])
    for dtype in (tensor.dtype, torch.complex64):
        target = torch.empty(3000, dtype=dtype)
        fill(target, stored(tmp_path, tensor))
        assert bits(target) == bits(tensor.to(dtype))


def test_shapes_and_parts_of_tensors(tmp_path: Path):
    tensor = drawn(60 * 70, torch.float32).view(60, 7, 10)
    source = stored(tmp_path, tensor)
    views = {
        "whole": lambda t: t,
        "rows": lambda t: t.chunk(3)[1],
        "one": lambda t: t[59, 6, 9],
        "no rows in order": lambda t: t.flatten(1).t(),
        "every second": lambda t: t[::2],
        "repeated": lambda t: t[:1].expand(5, 7, 10),
    }
    for what, view in views.items():
        wanted = view(tensor).to(torch.bfloat16)
        target = torch.empty(wanted.shape, dtype=torch.bfloat16)
        fill(target, view(source))
        assert bits(target) == bits(wanted), what


def test_targets_that_lie_otherwise(tmp_path: Path):
    tensor = drawn(60 * 70, torch.float32).view(60, 70)
    source = stored(tmp_path, tensor)
    across, part = torch.empty(70, 60), torch.zeros(64, 70, dtype=torch.bfloat16)
    fill(across.t(), source)
    fill(part[3:63], source)
    assert bits(across) == bits(tensor.t())
    assert bits(part[3:63]) == bits(tensor.bfloat16())
    assert not part[:3].any() and not part[63:].any()


def test_what_is_not_mapped_is_copied():
    source, target = drawn(5000, torch.float32), torch.empty(5000, dtype=torch.bfloat16)
    fill(target, source)
    assert bits(target) == bits(source.bfloat16())


def test_tensors_of_inference_are_filled_and_others_stay_others(tmp_path: Path):
    tensor = drawn(5000, torch.float32)
    source, before = stored(tmp_path, tensor), torch.empty(5000, dtype=torch.bfloat16)
    with torch.inference_mode():
        inside = torch.empty(5000, dtype=torch.bfloat16)
        fill(inside, source)
        fill(before, source)
    assert bits(inside) == bits(before) == bits(tensor.bfloat16())
    assert not before.is_inference()
    before.add_(1)


@reads_files
def test_a_file_that_was_replaced_or_removed_is_read_on(tmp_path: Path):
    tensor = drawn(5000, torch.float32)
    source, target = stored(tmp_path, tensor), torch.empty(5000, dtype=torch.bfloat16)
    other = tmp_path / "other"
    other.write_bytes(bytes(100))
    os.replace(other, tmp_path / "a.safetensors")
    fill(target, source)
    assert bits(target) == bits(tensor.bfloat16())


@reads_files
@pytest.mark.parametrize("missing", [1, 10_000, 20_000])
def test_a_file_that_became_shorter_is_an_error(tmp_path: Path, missing: int):
    source = stored(tmp_path, drawn(5000, torch.float32))
    file = tmp_path / "a.safetensors"
    os.truncate(file, file.stat().st_size - missing)
    with pytest.raises(LoomError, match=r"a\.safetensors is damaged or incomplete: it ended at"):
        fill(torch.empty(5000, dtype=torch.bfloat16), source)


@reads_files
def test_a_disk_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def failing(*_: object) -> int:
        raise OSError(5, "Input/output error")

    source = stored(tmp_path, drawn(5000, torch.float32))
    monkeypatch.setattr(os, "preadv", failing)
    with pytest.raises(LoomError, match=r"a\.safetensors can't be read: Input/output error\."):
        fill(torch.empty(5000), source)


@reads_files
def test_reads_that_end_early_are_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tensor, whole = drawn(5000, torch.float32), os.preadv
    source, target = stored(tmp_path, tensor), torch.empty(5000, dtype=torch.bfloat16)
    monkeypatch.setattr(os, "preadv", lambda fd, into, at: whole(fd, [into[0][:100]], at))
    fill(target, source)
    assert bits(target) == bits(tensor.bfloat16())


@reads_files
def test_the_file_is_open_as_long_as_a_tensor_of_it(tmp_path: Path):
    source = stored(tmp_path, drawn(5000, torch.float32))
    place = place_of(source[100:])
    assert place and place.file == tmp_path / "a.safetensors"
    assert os.pread(place.descriptor, 400, place.start) == bits(source[100:200])
    del source
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(place.descriptor)
