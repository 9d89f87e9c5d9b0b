import pytest
import torch

from engine.diffusion.blocks.attention import FeedForward
from engine.diffusion.blocks.chunking import chunked
from engine.graph.environment import within
from engine.runtime.live import LiveBytes

MIB = 1 << 20


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


def test_a_part_of_the_tokens_at_a_time_is_the_same_to_rounding_in_less_memory():
    torch.manual_seed(0)
    layer, x = FeedForward(64), torch.randn(2, 3000, 64)
    with LiveBytes([x]) as whole:
        expected = layer(x)
    with within({"forward": "1"}), LiveBytes([x]) as parts:
        found = layer(x)
    assert (found - expected).abs().max() <= 1e-6 * expected.abs().max()
    output = expected.nbytes
    assert parts.peak < 2 * output + 1.1 * MIB  # the parts, then all in one
    assert whole.peak > 8 * output


@pytest.mark.parametrize(("count", "sizes"), [(10, [10]), (2500, [1024, 1024, 452])])
def test_how_many_tokens_go_at_once(count, sizes):
    seen: list[int] = []

    def layer(part):
        seen.append(part.shape[1])
        return part

    tokens = torch.zeros(2, count, 4)
    with within({"forward": "1"}):
        out = chunked(layer, tokens, width=128)
    assert seen == sizes
    assert out.shape == tokens.shape
    seen.clear()
    chunked(layer, tokens, width=128)
    assert seen == [count]
