import importlib.metadata
import subprocess
import sys

import pytest

from engine.graph.errors import LoomError
from engine.runtime import device
from engine.runtime.device import Device, numeric_environment, pick


@pytest.fixture(autouse=True)
def no_card(monkeypatch):
    monkeypatch.setattr(device, "_fastest", lambda: "cpu")


def test_a_cpu_works_in_float32():
    assert pick() == Device("cpu", "float32")
    assert numeric_environment() == {
        "device": "cpu",
        "dtype": "float32",
        "attention": "sdpa",
        "torch": importlib.metadata.version("torch"),
    }


@pytest.mark.parametrize(
    ("wanted", "used"),
    [("", "float32"), ("bfloat16", "bfloat16"), ("float32", "float32")],
)
def test_a_model_has_the_numbers_it_asks_for(wanted, used):
    assert Device("cpu", "float32").dtype_for(wanted) == used


def test_half_precision_on_a_cpu_is_refused(monkeypatch):
    with pytest.raises(LoomError, match="float16 is asked for, and the models run on a CPU"):
        Device("cpu", "float32").dtype_for("float16")
    monkeypatch.setenv("LOOM_DTYPE", "float16")
    with pytest.raises(LoomError, match=r"LOOM_DTYPE is float16: .* on a CPU") as raised:
        pick()
    assert raised.value.remedy == "Set LOOM_DTYPE to float32 or bfloat16, or leave it out."


def test_a_card_works_in_half_precision_unless_told_otherwise(monkeypatch):
    monkeypatch.setenv("LOOM_DEVICE", "cuda")
    assert pick() == Device("cuda", "float16")
    assert pick().dtype_for("float16") == "float16"
    monkeypatch.setenv("LOOM_DTYPE", "bfloat16")
    assert numeric_environment()["dtype"] == "bfloat16"


@pytest.mark.parametrize("variable", ["LOOM_DEVICE", "LOOM_DTYPE"])
def test_an_unknown_setting_is_named(monkeypatch, variable):
    monkeypatch.setenv(variable, "quantum")
    with pytest.raises(LoomError, match=f"{variable} is 'quantum'"):
        pick()


def test_the_answer_needs_no_torch_and_agrees_with_it():
    code = (
        "import sys\n"
        "from engine.runtime.device import numeric_environment, pick, check_usable\n"
        "before = numeric_environment(); light = 'torch' not in sys.modules\n"
        "import torch; check_usable(pick())\n"
        "same_card = torch.cuda.is_available() == (pick().kind == 'cuda')\n"
        "print(light, before == numeric_environment(), same_card)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True", "True"], done.stderr


def test_a_card_that_torch_cannot_use_is_told_with_the_reason(monkeypatch):
    import torch

    monkeypatch.setenv("LOOM_DEVICE", "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for version, words in ((None, "for processors alone"), ("13.0", "driver is too old")):
        monkeypatch.setattr(torch.version, "cuda", version)
        with pytest.raises(LoomError, match=words) as raised:
            device.check_usable(device.pick())
        assert "LOOM_DEVICE=cpu" in raised.value.remedy
