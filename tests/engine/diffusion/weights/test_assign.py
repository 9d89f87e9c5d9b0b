import threading

import pytest
import torch
from torch import nn

from engine.diffusion.weights.assign import assign, laid_out
from engine.graph.errors import LoomError


class Model(nn.Module):
    """Weights of several kinds, one of them under two names, and buffers in and out of files."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(5, 3)
        self.norm = nn.BatchNorm2d(4)
        self.out = nn.Linear(3, 5, bias=False)
        self.out.weight = self.words.weight
        self.register_buffer("table", torch.arange(6.0).sin(), persistent=False)
        self.register_buffer("full", nn.init.constant_(torch.zeros(2), 3.0), persistent=False)


def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        name: torch.rand(tensor.shape) if tensor.is_floating_point() else tensor + 1
        for name, tensor in Model().state_dict().items()
    }


def test_weights_take_no_memory_and_buffers_are_computed():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    model = laid_out(Model)
    assert all(parameter.is_meta for parameter in model.parameters())
    assert torch.equal(model.table, torch.arange(6.0).sin())
    assert torch.equal(model.norm.running_var, torch.ones(4))
    assert model.full.tolist() == [3, 3]
    assert torch.equal(torch.get_rng_state(), before)
    assert not nn.Linear(2, 2).weight.is_meta


def test_other_threads_make_their_weights_meanwhile():
    elsewhere: list[bool] = []

    def make() -> nn.Module:
        thread = threading.Thread(target=lambda: elsewhere.append(nn.Linear(2, 2).weight.is_meta))
        thread.start()
        thread.join()
        return nn.Linear(2, 2)

    assert laid_out(make).weight.is_meta
    assert elsewhere == [False]


@pytest.mark.parametrize("left_out", ["out.weight", "words.weight", None])
def test_places_are_filled_and_shared_ones_stay_shared(left_out):
    given = weights()
    given["out.weight"] = given["words.weight"]
    model = laid_out(Model)
    assign(model, [(n, t) for n, t in given.items() if n != left_out], torch.float32, "here")
    assert model.out.weight is model.words.weight
    assert torch.equal(model.table, torch.arange(6.0).sin())
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, given[name]), name
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_types_are_converted_and_counts_are_not():
    model = laid_out(Model)
    kept = {"norm.weight": torch.float32}
    assign(model, weights().items(), lambda name: kept.get(name, torch.float16), "here")
    assert model.words.weight.dtype == model.norm.running_var.dtype == torch.float16
    assert model.norm.weight.dtype == torch.float32
    assert model.norm.num_batches_tracked.dtype == torch.int64


def test_what_does_not_fit_is_listed_and_what_may_be_left_over_is_not():
    given = weights()
    del given["norm.bias"]
    given["norm.weight"] = torch.zeros(2, 2)
    given |= {f"more.{i}": torch.zeros(1) for i in range(7)} | {"count": torch.zeros(1)}
    with pytest.raises(LoomError) as raised:
        assign(
            laid_out(Model),
            given.items(),
            torch.float32,
            "here",
            optional=lambda name: name == "count",
        )
    assert str(raised.value).startswith(
        "The weights in here don't fit the Model that its config describes: tensors 1 missing "
        "(norm.bias); 7 not known to the model (more.0, more.1, more.2, more.3, more.4 and 2 "
        "more); 1 of another shape (norm.weight is 2×2 where 4 belongs)."
    )
