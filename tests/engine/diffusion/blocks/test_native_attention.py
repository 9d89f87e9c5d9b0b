from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from engine.diffusion.blocks import native_build
from engine.diffusion.blocks.attention_backends import attend
from engine.diffusion.blocks.native_attention import attention, suits
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.graph.environment import within
from engine.graph.errors import LoomError

STARTER = Path(__file__).parents[4] / "resources" / "models" / "starter"
SHAPES = [(2, 8, 100, 33, 40), (1, 2, 24, 256, 64), (2, 3, 65, 700, 80), (1, 1, 7, 1, 160)]
SHAPES += [(1, 2, 50, 300, 16), (1, 1, 30, 70, 34), (1, 4, 300, 300, 96), (1, 2, 90, 77, 128)]
SHAPES += [(1, 1, 25, 31, 24), (1, 1, 23, 257, 112), (1, 2, 26, 17, 144)]
needs_kernels = pytest.mark.skipif(not native_build.available(False), reason="no kernels here")


def inputs(shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    """Queries, keys and values as attention layers split them."""
    batch, heads, rows, keys, d = shape
    draw = torch.Generator().manual_seed(rows)
    made = (torch.randn(batch, n, heads, d, generator=draw) for n in (rows, keys, keys))
    return [(2 * x).to(dtype).transpose(1, 2) for x in made]


def off(found: torch.Tensor, exact: torch.Tensor) -> float:
    return float((found.double() - exact).abs().max() / exact.abs().max())


@needs_kernels
@pytest.mark.parametrize("shape", SHAPES)
@torch.inference_mode()
def test_float32_is_exact(shape):
    q, k, v = inputs(shape)
    exact = F.scaled_dot_product_attention(q.double(), k.double(), v.double())
    assert suits(q, k, v, None, None)
    found = attention(q, k, v)
    assert found.shape == exact.shape and off(found, exact) < 1e-5
    assert off(attention(q.contiguous(), k.contiguous(), v.contiguous()), exact) < 1e-5


@pytest.mark.skipif(not native_build.available(True), reason="no bfloat16 kernels here")
@pytest.mark.parametrize("shape", [*SHAPES, (1, 1, 50, 90, 512)])
@torch.inference_mode()
def test_bfloat16_is_as_near_as_torchs_own(shape):
    q, k, v = inputs(shape, torch.bfloat16)
    exact = F.scaled_dot_product_attention(q.double(), k.double(), v.double())
    assert suits(q, k, v, None, None)
    found, own = attention(q, k, v), F.scaled_dot_product_attention(q, k, v)
    assert found.dtype is torch.bfloat16
    assert off(found, exact) < 1.5 * off(own, exact) + 1e-3


@needs_kernels
@torch.inference_mode()
def test_scores_that_are_very_large_and_very_small():
    q, k, v = inputs((1, 2, 30, 400, 40))
    for scale in (100.0, 1e-3):
        exact = F.scaled_dot_product_attention(q.double(), k.double(), v.double(), scale=scale)
        assert off(attention(q, k, v, scale), exact) < 1e-4
    equal = attention(torch.zeros_like(q), k, v)
    assert off(equal, v.double().mean(2, keepdim=True).expand(exact.shape)) < 1e-5


@needs_kernels
@torch.inference_mode()
def test_keys_of_one_picture_serve_a_batch():
    q, k, v = inputs((3, 2, 20, 50, 40))
    k, v = k[:1].expand(3, -1, -1, -1), v[:1].expand(3, -1, -1, -1)
    exact = F.scaled_dot_product_attention(q.double(), k.double(), v.double())
    assert off(attention(q, k, v), exact) < 1e-5


@needs_kernels
def test_the_seam_gives_torch_what_the_kernel_has_no_form_for():
    q, k, v = inputs((1, 2, 20, 30, 40))
    mask = torch.rand(20, 30) > 0.3
    wide = inputs((1, 1, 9, 9, 512))
    with within({"attention": "native"}):
        assert torch.equal(attend(q, k, v, mask), F.scaled_dot_product_attention(q, k, v, mask))
        assert torch.equal(attend(*wide), F.scaled_dot_product_attention(*wide))
        assert torch.equal(attend(q, k, v), attention(q, k, v))
        q.requires_grad_()
        attend(q, k, v).sum().backward()
    assert q.grad is not None


@needs_kernels
@torch.inference_mode()
def test_a_model_predicts_the_same():
    unet = load_component(find_component(STARTER, "unet"))
    draw = torch.Generator().manual_seed(0)
    sample, words = (
        torch.randn(2, 4, 16, 16, generator=draw),
        torch.randn(2, 7, 192, generator=draw),
    )
    found = {}
    for name in ("sdpa", "native"):
        with within({"attention": name}):
            found[name] = unet(sample, torch.tensor(500), words)
    assert not torch.equal(found["native"], found["sdpa"])
    assert off(found["native"], found["sdpa"].double()) < 1e-5


def test_without_a_compiler_there_is_no_kernel(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(native_build, "user_cache_path", lambda name: tmp_path)
    monkeypatch.setattr(native_build, "build", native_build.build.__wrapped__)
    with pytest.raises(LoomError, match="There is no C compiler"):
        native_build.build(48, False)
    assert not native_build.available.__wrapped__(False)


@needs_kernels
def test_a_compiler_that_fails_says_why(monkeypatch, tmp_path):
    (tmp_path / "broken.c").write_text("this is no C")
    monkeypatch.setattr(native_build, "SOURCE", tmp_path / "broken.c")
    monkeypatch.setattr(native_build, "user_cache_path", lambda name: tmp_path)
    with pytest.raises(LoomError, match=r"can't be compiled: .*broken\.c"):
        native_build.build.__wrapped__(48, False)
    assert not list((tmp_path / "kernels").iterdir())
