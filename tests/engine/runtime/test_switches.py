import subprocess
import sys

import pytest
import torch

from engine.runtime import pool, switches
from engine.runtime.device import numeric_environment
from engine.runtime.precision import set_precision
from engine.runtime.switches import Switches, use_switches


@pytest.fixture(autouse=True)
def nothing_asked(monkeypatch):
    monkeypatch.setattr(switches, "_asked", Switches())


@pytest.fixture
def precision():
    """What torch has, and has again afterwards."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    yield lambda: (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32)
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@pytest.mark.parametrize(("said", "on"), [("", False), ("0", False), ("1", True)])
def test_variables_and_arguments_switch_on(monkeypatch, said, on):
    monkeypatch.setenv("LOOM_TF32", said)
    monkeypatch.setenv("LOOM_COMPILE", said)
    monkeypatch.setenv("LOOM_CUDA_GRAPHS", said)
    assert switches.switches() == Switches(on, on, on)
    use_switches(Switches(tf32=True))
    assert switches.switches() == Switches(on, True, on)


def test_they_are_part_of_the_numbers_on_a_card_alone(monkeypatch):
    monkeypatch.setenv("LOOM_DEVICE", "cuda")
    plain = numeric_environment()
    use_switches(Switches(graphs=True))
    assert numeric_environment() == {**plain, "graphs": "on"}
    use_switches(Switches(compile=True, tf32=True))
    assert numeric_environment() == {**plain, "compiled": "blocks", "tf32": "on"}
    monkeypatch.setenv("LOOM_DEVICE", "cpu")
    assert not {"compiled", "tf32"} & numeric_environment().keys()


def test_float32_is_exact_unless_that_is_given_up(precision):
    for tf32 in (True, False):
        set_precision(tf32)
        assert precision() == (tf32, tf32)


def test_opening_the_pool_on_a_card_says_how_exact_float32_is(monkeypatch, precision):
    monkeypatch.setenv("LOOM_DEVICE", "cuda")
    monkeypatch.setattr(pool, "check_usable", lambda device: None)
    monkeypatch.setattr(pool, "memory_of", lambda device, budget: 1)
    for tf32 in (True, False):
        monkeypatch.setattr(pool, "_shared", None)
        use_switches(Switches(tf32=tf32))
        pool.shared_pool()
        assert precision() == (tf32, tf32)


def test_what_is_on_is_known_without_torch():
    code = (
        "import sys; from engine.runtime.switches import switches\n"
        "print(switches().compile, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"], done.stderr
