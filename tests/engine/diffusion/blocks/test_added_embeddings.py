import math

import torch
import torch.nn.functional as F

from engine.diffusion.blocks.added_embeddings import (
    AttentionPooling,
    ImageEmbedding,
    ImageHintEmbedding,
    TextEmbedding,
    TextImageEmbedding,
)


def test_pooling_is_attention_of_the_mean_by_hand():
    torch.manual_seed(0)
    layer = AttentionPooling(8, heads=2)
    tokens = torch.randn(3, 5, 8)
    mean = tokens.mean(1, keepdim=True) + layer.positional_embedding
    every = torch.cat([mean, tokens], 1)
    q, k, v = layer.q_proj(mean), layer.k_proj(every), layer.v_proj(every)
    parts = []
    for rows in (slice(0, 4), slice(4, 8)):
        parts.append((q[..., rows] @ k[..., rows].mT / math.sqrt(4)).softmax(-1) @ v[..., rows])
    torch.testing.assert_close(layer(tokens), torch.cat(parts, -1)[:, 0])


def test_text_is_normalised_on_both_sides():
    torch.manual_seed(0)
    layer = TextEmbedding(8, 12, heads=2)
    tokens = torch.randn(3, 5, 8)
    found = layer(tokens)
    torch.testing.assert_close(found, layer(tokens * 7 + 3), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(found.mean(-1), torch.zeros(3), rtol=0, atol=1e-5)


def test_of_a_text_and_a_picture_only_the_text_is_normalised():
    torch.manual_seed(0)
    layer = TextImageEmbedding(4, 5, 6)
    text, image = torch.randn(2, 4), torch.randn(2, 5)
    want = layer.image_proj(image) + F.layer_norm(layer.text_proj(text), (6,))
    torch.testing.assert_close(layer(text, image), want)


def test_a_picture_alone_is_normalised():
    torch.manual_seed(0)
    layer = ImageEmbedding(5, 6)
    image = torch.randn(2, 5)
    torch.testing.assert_close(layer(image), F.layer_norm(layer.image_proj(image), (6,)))


def test_a_hint_becomes_four_channels_on_the_latents_grid():
    torch.manual_seed(0)
    layer = ImageHintEmbedding(5, 6)
    assert layer.channels(torch.rand(2, 3, 16, 24)).shape == (2, 4, 2, 3)
    image = torch.randn(2, 5)
    torch.testing.assert_close(layer(image), F.layer_norm(layer.image_proj(image), (6,)))
