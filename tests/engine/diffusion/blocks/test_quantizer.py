import pytest
import torch

from engine.diffusion.blocks.quantizer import VectorQuantizer


@pytest.fixture
def corners() -> VectorQuantizer:
    """A codebook with the four corners of a square."""
    quantizer = VectorQuantizer(4, 2)
    with torch.no_grad():
        quantizer.embedding.weight.copy_(torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]]))
    return quantizer


def test_each_cell_becomes_its_nearest_entry(corners: VectorQuantizer):
    z = torch.tensor([[[[0.1, 0.9, 0.2]], [[0.2, 0.6, 0.7]]]])  # (1, 2, 1, 3)
    found = corners(z)
    assert found.indices.tolist() == [[[0, 3, 1]]]
    torch.testing.assert_close(
        found.latents, torch.tensor([[[[0.0, 1.0, 0.0]], [[0.0, 1.0, 1.0]]]])
    )
    assert torch.equal(corners.lookup(found.indices), found.latents.detach().round())


def test_gradients_go_straight_through_and_losses_pull_both_ways(corners: VectorQuantizer):
    z = torch.tensor([0.25, 0.0]).view(1, 2, 1, 1).requires_grad_()
    found = corners(z)
    (found.latents * 3).sum().backward()
    assert z.grad is not None and z.grad.flatten().tolist() == [3.0, 3.0]
    assert corners.embedding.weight.grad is None

    z.grad = None
    found.commitment_loss.backward(retain_graph=True)
    assert z.grad is not None and z.grad.flatten().tolist() == [0.25, 0.0]
    assert corners.embedding.weight.grad is None
    found.codebook_loss.backward()
    entries = corners.embedding.weight.grad
    assert entries is not None and entries[0].tolist() == [-0.25, 0.0] and not entries[1:].any()
    assert found.commitment_loss.item() == found.codebook_loss.item() == 0.25**2 / 2
