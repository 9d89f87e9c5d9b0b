"""Files of torch.save: their tensors are found without torch, and nothing in them is ever run."""

import os
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from engine.diffusion.weights.headers import TensorInfo
from engine.diffusion.weights.pickles import read_pickle
from engine.graph.errors import LoomError

WIDE = torch.arange(20.0).reshape(4, 5)
STATE = {
    "plain": torch.randn(3, 4),
    "turned": WIDE.t(),
    "part": torch.arange(10).half()[3:7],
    "one row": WIDE[1:2],
    "empty": torch.empty(0, 3),
    "parameter": torch.nn.Parameter(torch.ones(2)),
    "number": torch.tensor(3),
    "brain": torch.ones(3, dtype=torch.bfloat16),
}
FORMATS = pytest.mark.parametrize("new", [True, False], ids=["zip", "before torch 1.6"])


def save(value, path: Path, new: bool = True) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=new)
    return path


def content(path: Path, info: TensorInfo) -> bytes:
    return path.read_bytes()[info.start : info.end]


@FORMATS
def test_every_tensor_is_found_where_it_lies(tmp_path, new):
    path = save(STATE, tmp_path / "model.ckpt", new)
    found = read_pickle(path).tensors
    assert found.keys() == STATE.keys()
    assert {n: (t.dtype, t.shape) for n, t in found.items()} == {
        "plain": ("F32", (3, 4)),
        "turned": ("F32", (5, 4)),
        "part": ("F16", (4,)),
        "one row": ("F32", (1, 5)),
        "empty": ("F32", (0, 3)),
        "parameter": ("F32", (2,)),
        "number": ("I64", ()),
        "brain": ("BF16", (3,)),
    }
    assert content(path, found["plain"]) == STATE["plain"].numpy().tobytes()
    assert content(path, found["turned"]) == WIDE.numpy().tobytes()
    assert found["turned"].strides == (1, 5)
    assert {n for n, t in found.items() if t.strides} == {"turned"}
    assert content(path, found["part"]) == torch.arange(3, 7).half().numpy().tobytes()
    assert content(path, found["one row"]) == WIDE[1].numpy().tobytes()
    assert content(path, found["number"]) == (3).to_bytes(8, "little")


@FORMATS
def test_records_of_the_training_are_passed_over(tmp_path, new):
    state = OrderedDict(weight=torch.ones(2))
    path = save({"state_dict": state, "global_step": 7, "seen": {1, 2}}, tmp_path / "m.ckpt", new)
    assert set(read_pickle(path).tensors) == {"weight"}


class Record:
    """An object of a training library, as checkpoints of Stable Diffusion 1 carry one."""


def test_objects_of_training_libraries_are_never_made(tmp_path, monkeypatch):
    Record.__module__ = "pytorch_lightning.callbacks"
    module = type(sys)("pytorch_lightning.callbacks")
    module.Record = Record  # type: ignore[attr-defined]
    record = Record()
    record.best = torch.ones(2)  # type: ignore[attr-defined]
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "pytorch_lightning", type(sys)("pytorch_lightning"))
        patched.setitem(sys.modules, "pytorch_lightning.callbacks", module)
        path = save(
            {"state_dict": {"w": torch.ones(2)}, "callbacks": {Record: record}}, tmp_path / "m.ckpt"
        )
    assert set(read_pickle(path).tensors) == {"w"}


class Harmful:
    """Runs a command when an ordinary reader meets it."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@FORMATS
def test_a_program_in_a_pickle_is_refused_and_not_run(tmp_path, new):
    mark = tmp_path / "it ran"
    path = save({"weight": Harmful(f"touch '{mark}'")}, tmp_path / "model.ckpt", new)
    with pytest.raises(LoomError, match=r"asks for (posix|nt)\.system to be run") as raised:
        read_pickle(path)
    assert str(path) in str(raised.value) and "safetensors" in raised.value.remedy
    assert not mark.exists()
    torch.load(path, weights_only=False)
    assert mark.exists(), "the file was harmless, so that nothing is shown"


@pytest.mark.parametrize("name", ["eval", "exec", "getattr", "__import__", "open"])
def test_functions_of_python_are_refused(tmp_path, name):
    path = tmp_path / "model.pt"
    path.write_bytes(f"cbuiltins\n{name}\n(S'1'\ntR.".encode())
    with pytest.raises(LoomError, match=f"builtins.{name}"):
        read_pickle(path)


@FORMATS
@pytest.mark.parametrize("cut", [0, 10, 300, -100, -4])
def test_a_file_cut_short_is_called_damaged(tmp_path, new, cut):
    path = save(STATE, tmp_path / "model.ckpt", new)
    data = path.read_bytes()
    path.write_bytes(data[:cut])
    with pytest.raises(LoomError, match=r"model\.ckpt is damaged or incomplete"):
        read_pickle(path)


def test_what_holds_no_tensors_by_name_is_refused(tmp_path):
    with pytest.raises(LoomError, match="no tensors by name"):
        read_pickle(save([torch.ones(1)], tmp_path / "list.pt"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(LoomError, match=r"gone\.ckpt can't be read: No such file"):
        read_pickle(tmp_path / "gone.ckpt")


def test_reading_needs_no_torch(tmp_path):
    path = save(STATE, tmp_path / "model.ckpt")
    code = (
        "import sys; from pathlib import Path\n"
        "from engine.diffusion.weights.pickles import read_pickle\n"
        f"read_pickle(Path({str(path)!r}))\n"
        "print('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_a_file_cut_short_where_no_tensor_is_is_damaged_as_well(tmp_path):
    path = save({"part": torch.arange(10).half()[3:7]}, tmp_path / "model.ckpt", new=False)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(LoomError, match="it ends within a storage"):
        read_pickle(path)
