import pytest

from engine.graph.errors import LoomError
from engine.runtime import attention
from engine.runtime.attention import pick_attention


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    monkeypatch.delenv("LOOM_ATTENTION")
    monkeypatch.setattr(attention, "fastest", lambda device, dtype: f"fastest {device} {dtype}")


@pytest.mark.parametrize(
    ("wanted", "picked"),
    [
        ("", "fastest cpu float32"),
        ("auto", "fastest cpu float32"),
        ("sdpa", "sdpa"),
        ("sliced", "sliced:256"),
        ("sliced:64", "sliced:64"),
    ],
)
def test_each_name_by_argument_and_by_variable(monkeypatch, wanted, picked):
    assert pick_attention(wanted, "cpu") == picked
    monkeypatch.setenv("LOOM_ATTENTION", wanted)
    assert pick_attention("", "cpu") == picked
    assert pick_attention("sdpa", "cpu") == "sdpa"


@pytest.mark.parametrize("wanted", ["flash", "sdpa:3", "sliced:", "sliced:0", "sliced:x", "auto:1"])
def test_what_is_no_backend_is_refused_by_name(monkeypatch, wanted):
    with pytest.raises(LoomError, match=f"^The attention backend is '{wanted}'. Set it to one of"):
        pick_attention(wanted, "cpu")
    monkeypatch.setenv("LOOM_ATTENTION", wanted)
    with pytest.raises(LoomError, match=f"^LOOM_ATTENTION is '{wanted}'. Set it to one of"):
        pick_attention("", "cpu")


def test_xformers_needs_a_card_and_to_be_installed(monkeypatch):
    with pytest.raises(LoomError, match="NVIDIA cards only, and this run is on cpu"):
        pick_attention("xformers", "cpu")
    for found in (None, object()):
        monkeypatch.setattr(attention.importlib.util, "find_spec", lambda name, found=found: found)
        if found:
            assert pick_attention("xformers", "cuda") == "xformers"
        else:
            with pytest.raises(LoomError, match="xFormers is not installed"):
                pick_attention("xformers", "cuda")


def test_the_native_kernel_is_refused_where_it_cannot_be(monkeypatch):
    monkeypatch.setattr(attention, "available", lambda bfloat16: False)
    with pytest.raises(LoomError, match="needs Linux, a CPU with AVX-512"):
        pick_attention("native", "cpu")
    monkeypatch.setattr(attention, "available", lambda bfloat16: True)
    assert pick_attention("native", "cpu") == "native"
    with pytest.raises(LoomError, match="needs Linux"):
        pick_attention("native", "cuda")
