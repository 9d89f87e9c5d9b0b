import torch

from engine.diffusion.blocks.context_projections import ImageTokens, TextImageTokens


def test_a_picture_becomes_normalised_tokens():
    torch.manual_seed(0)
    layer = ImageTokens(5, 6, count=3)
    image = torch.randn(2, 5)
    found = layer(image)
    rows = (image @ layer.image_embeds.weight.T + layer.image_embeds.bias).view(2, 3, 6)
    want = (rows - rows.mean(-1, keepdim=True)) / (
        rows.var(-1, keepdim=True, unbiased=False) + 1e-5
    ).sqrt()
    torch.testing.assert_close(found, want)


def test_tokens_of_the_picture_come_before_those_of_the_text():
    torch.manual_seed(0)
    layer = TextImageTokens(4, 5, 6, count=3)
    text, image = torch.randn(2, 7, 4), torch.randn(2, 5)
    found = layer(text, image)
    assert found.shape == (2, 10, 6)
    torch.testing.assert_close(found[:, :3].flatten(1), layer.image_embeds(image))
    torch.testing.assert_close(found[:, 3:], layer.text_proj(text))
