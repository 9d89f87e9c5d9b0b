"""Merging of tokens against the paper's algorithm, written out token by token."""

import pytest
import torch

from engine.diffusion.blocks.attention import Attention, BasicTransformerBlock
from engine.diffusion.blocks.attention_maps import reached
from engine.diffusion.blocks.token_merging import (
    Split,
    attend_merged,
    homes,
    merged,
    merging,
    splits,
    unmerged,
)

H, W, D = 4, 6, 8


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randn(2, H * W, D, generator=torch.Generator().manual_seed(0))


def split(r: int, height: int = H, width: int = W) -> Split:
    places = torch.randint(0, 4, (1, height // 2, width // 2), generator=torch.manual_seed(1))
    sources, destinations = splits(height, width, places)
    return Split(sources[0], destinations[0], r)


def written_out(tokens: torch.Tensor, split: Split) -> torch.Tensor:
    """One picture (N, D), merged and unmerged: each token the mean of those it was merged with."""
    best = []
    for source in split.sources.tolist():
        likeness = [
            torch.cosine_similarity(tokens[source], tokens[one], dim=0).item()
            for one in split.destinations.tolist()
        ]
        k = max(range(len(likeness)), key=likeness.__getitem__)
        best.append((likeness[k], source, split.destinations[k].item()))
    groups = {one: [one] for one in split.destinations.tolist()}
    for _, source, one in sorted(best, reverse=True)[: split.r]:
        groups[one].append(source)
    out = tokens.clone()
    for members in groups.values():
        out[members] = tokens[members].mean(0)
    return out


@pytest.mark.parametrize("r", [0, 1, 9, 18])
def test_tokens_become_the_mean_of_those_they_are_merged_with(tokens, r: int):
    chosen = split(r)
    home = homes(tokens, chosen)
    short, s = merged(tokens, home, H * W - r)
    assert short.shape == (2, H * W - r, D) and s.sum(1).tolist() == [H * W] * 2
    expected = torch.stack([written_out(one, chosen) for one in tokens])
    torch.testing.assert_close(unmerged(short, home), expected)


@pytest.mark.parametrize(("height", "width"), [(4, 6), (5, 7), (2, 3), (1, 4)])
def test_one_of_each_square_is_a_destination(height: int, width: int):
    places = torch.randint(0, 4, (3, height // 2, width // 2))
    sources, destinations = splits(height, width, places)
    for step in range(3):
        both = torch.cat([sources[step], destinations[step]])
        assert both.sort().values.tolist() == [*range(height * width)]
        squares = {(int(one) // width // 2, int(one) % width // 2) for one in destinations[step]}
        assert len(squares) == len(destinations[step]) == (height // 2) * (width // 2)


def test_attention_sees_the_merged_tokens_alone(tokens):
    layer, seen = Attention(D, heads=2, head_dim=4), []
    layer.register_forward_pre_hook(lambda _, args: seen.append(args[0].shape[1]))
    chosen = split(10)
    with torch.no_grad(), merging({H * W: chosen}):
        out = attend_merged(layer, tokens)
        attend_merged(layer, tokens[:, :5])
        attend_merged(layer, tokens, tokens[:, :3])
        with reached({layer: lambda probabilities: probabilities}):
            attend_merged(layer, tokens)
        home = homes(tokens, chosen)
        fewer, s = merged(tokens, home, H * W - 10)
        expected = unmerged(layer(fewer, None, s.log()[:, None, None]), home)
    assert seen[:4] == [14, 5, 24, 24]
    torch.testing.assert_close(out, expected)


@pytest.mark.parametrize("r", [1, 9, 18])
def test_alike_tokens_cost_nothing(r: int):
    """Where the tokens of a square are equal it is exact, however many of them are merged."""
    squares = torch.randn(1, 2, 3, D, generator=torch.Generator().manual_seed(2))
    alike = squares.repeat_interleave(2, 1).repeat_interleave(2, 2).flatten(1, 2)
    torch.manual_seed(0)
    block = BasicTransformerBlock(D, 2, 4, 5).requires_grad_(False)
    context = torch.randn(1, 3, 5)
    exact, lengths = block(alike, context), []
    block.attn1.register_forward_pre_hook(lambda _, args: lengths.append(args[0].shape[1]))
    with merging({H * W: split(r)}):
        torch.testing.assert_close(block(alike, context), exact)
    assert lengths == [H * W - r]


def test_half_precision_counts_large_groups():
    """300 equal tokens at one home: sums in bfloat16 would stop growing on the way."""
    tokens = torch.full((1, 300, D), 0.1, dtype=torch.bfloat16)
    found, s = merged(tokens, torch.zeros(1, 300, dtype=torch.long), 1)
    assert s.item() == 300
    assert torch.equal(found, tokens[:, :1])
