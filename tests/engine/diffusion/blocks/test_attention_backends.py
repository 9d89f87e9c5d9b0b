import sys
import threading
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F

from engine.diffusion.blocks.attention import SpatialSelfAttention
from engine.diffusion.blocks.attention_backends import attend, sliced, slices
from engine.graph.environment import within
from engine.graph.errors import LoomError

BOTH = pytest.mark.parametrize("scale", [None, 0.3])


def inputs(dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    torch.manual_seed(0)
    shapes = ((2, 3, 17, 8), (2, 3, 11, 8), (2, 3, 11, 5))
    return [torch.randn(shape).to(dtype) for shape in shapes]


def masks() -> dict[str, torch.Tensor | None]:
    torch.manual_seed(1)
    return {
        "none": None,
        "where to look": torch.rand(2, 1, 1, 11) > 0.3,
        "numbers": torch.randn(3, 17, 11),
    }


@pytest.mark.parametrize("mask", masks())
@BOTH
@pytest.mark.parametrize("most", [1, 100, 500, 2000, 1 << 30])
def test_slices_give_what_the_whole_gives(mask: str, scale: float | None, most: int):
    q, k, v = inputs()
    want = F.scaled_dot_product_attention(q, k, v, masks()[mask], scale=scale)
    found = sliced(q, k, v, masks()[mask], scale, most=most)
    assert (found - want).abs().max() <= 1e-6


def test_slices_in_half_precision_sum_in_float32():
    q, k, v = inputs(torch.bfloat16)
    want = F.scaled_dot_product_attention(*(x.float() for x in (q, k, v)))
    found = sliced(q, k, v, most=500)
    assert found.dtype == torch.bfloat16
    assert (found.float() - want).abs().max() < 0.03


@pytest.mark.parametrize("most", [1, 1000, 10_000, 100_000, 1 << 20])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_a_slice_takes_no_more_than_it_may(monkeypatch, most: int, dtype: torch.dtype):
    heads, rows = slices(8, 64, 77, dtype, most)
    each = 77 * (dtype.itemsize + max(4, dtype.itemsize))
    assert heads * rows * each <= most or (heads, rows) == (1, 1)
    assert (heads, rows) == (8, 64) or (heads + 1) * rows * each > most or rows < 64
    assert rows == 64 or (rows + 1) * each > most

    taken: list[int] = []
    softmax = torch.Tensor.softmax

    def watched(scores: torch.Tensor, *dims: int, **named: torch.dtype) -> torch.Tensor:
        found = softmax(scores, *dims, **named)
        taken.append(scores.nbytes + found.nbytes)
        return found

    monkeypatch.setattr(torch.Tensor, "softmax", watched)
    q, k = torch.randn(1, 8, 64, 4).to(dtype), torch.randn(1, 8, 77, 4).to(dtype)
    sliced(q, k, k, most=most)
    assert max(taken) == heads * rows * each


def test_slices_have_the_gradients_of_the_whole():
    gradients = []
    for backend in ("sdpa", "sliced:1"):
        q, k, v = (x.requires_grad_() for x in inputs())
        with within({"attention": backend}):
            attend(q, k, v).square().sum().backward()
        gradients.append((q.grad, k.grad, v.grad))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


def watch(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which backend computes, call by call."""
    seen: list[str] = []
    torchs = F.scaled_dot_product_attention

    def own(*given, **named):
        seen.append("sdpa")
        return torchs(*given, **named)

    def slow(*given, most: int):
        seen.append(f"sliced {most >> 20}")
        return sliced(*given, most=most)

    monkeypatch.setattr(F, "scaled_dot_product_attention", own)
    monkeypatch.setattr("engine.diffusion.blocks.attention_backends.sliced", slow)
    return seen


def test_the_environment_chooses_for_its_thread_alone(monkeypatch):
    seen = watch(monkeypatch)
    layer, x = SpatialSelfAttention(4, groups=2), torch.randn(1, 4, 3, 3)
    want = layer(x)
    with within({"attention": "sliced:7"}):
        torch.testing.assert_close(layer(x), want)
        other = threading.Thread(target=lambda: layer(x))
        other.start()
        other.join()
        with within({"attention": "sdpa"}):
            layer(x)
    layer(x)
    assert seen == ["sdpa", "sliced 7", "sdpa", "sdpa", "sdpa"]


@pytest.mark.slow
def test_a_compiled_region_uses_torchs_own(monkeypatch):
    compiled = torch.compile(attend, backend="eager", fullgraph=True)
    q, k, v = inputs()
    with within({"attention": "sliced:1"}):
        assert torch.equal(compiled(q, k, v), F.scaled_dot_product_attention(q, k, v))


def test_an_unknown_backend_is_named():
    with within({"attention": "magic"}), pytest.raises(LoomError, match="called 'magic'"):
        attend(*inputs())


def test_xformers_is_for_cards():
    with within({"attention": "xformers"}), pytest.raises(LoomError, match="and this is on cpu"):
        attend(*inputs())


class OnACard(torch.Tensor):
    """Numbers on the CPU that say they are on a card."""

    is_cuda = True


@pytest.mark.parametrize("mask", masks())
@BOTH
def test_xformers_is_asked_in_its_own_layout(monkeypatch, mask: str, scale: float | None):
    def reference(q, k, v, bias, scale):
        if bias is not None:
            assert bias.dtype == q.dtype
            assert bias.shape == (2, 3, 17, 11)
            assert bias.stride() == (3 * 17 * 16, 17 * 16, 16, 1)
        q, k, v = (x.transpose(1, 2) for x in (q, k, v))
        return F.scaled_dot_product_attention(q, k, v, bias, scale=scale).transpose(1, 2)

    stand_in = ModuleType("xformers.ops")
    stand_in.memory_efficient_attention = reference  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "xformers", ModuleType("xformers"))
    monkeypatch.setitem(sys.modules, "xformers.ops", stand_in)
    q, k, v = inputs()
    want = F.scaled_dot_product_attention(q, k, v, masks()[mask], scale=scale)
    with within({"attention": "xformers"}):
        found = attend(q.as_subclass(OnACard), k, v, masks()[mask], scale)
    torch.testing.assert_close(found.as_subclass(torch.Tensor), want)


def test_what_xformers_cannot_do_is_said(monkeypatch):
    def refuse(*_, **__):
        raise NotImplementedError("No operator found for this attention: and so on")

    stand_in = ModuleType("xformers.ops")
    stand_in.memory_efficient_attention = refuse  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "xformers", ModuleType("xformers"))
    q, k, v = inputs()
    with within({"attention": "xformers"}):
        monkeypatch.setitem(sys.modules, "xformers.ops", None)
        with pytest.raises(LoomError, match="xFormers can't be used"):
            attend(q.as_subclass(OnACard), k, v)
        monkeypatch.setitem(sys.modules, "xformers.ops", stand_in)
        with pytest.raises(LoomError, match=r"no attention for heads of 8 in torch\.float32"):
            attend(q.as_subclass(OnACard), k, v)
