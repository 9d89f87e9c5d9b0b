import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.diffusion.training.trainer import Loss, Recipe, Trainer
from engine.graph.errors import LoomError

RECIPE = Recipe(steps=12, batch=4, lr=0.05, warmup=3, ema=0.9, checkpoint_every=4, seed=7)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 8)
        self.outer = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.outer(self.inner(x).tanh())


def regression(model: nn.Module) -> Loss:
    """Data from the step number, noise from the trainer's generator: as the methods do it."""

    def loss(step: int, generator: torch.Generator) -> Tensor:
        x = torch.randn(4, 3, generator=torch.Generator().manual_seed(step))
        noise = torch.randn(4, 2, generator=generator)
        return (model(x).float() - x[:, :2] - 0.1 * noise).square().mean()

    return loss


def trainer(folder: Path, recipe: Recipe = RECIPE, loss: Any = None) -> Trainer:
    torch.manual_seed(1)
    model = Net()
    return Trainer(model, loss or regression(model), recipe, folder, say=lambda _: None)


def weights(of: Trainer) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in of.model.named_parameters()}


@pytest.mark.parametrize("stop", [4, 6, 8, 11])
def test_a_resumed_run_ends_in_the_same_weights_to_the_bit(stop: int, tmp_path: Path):
    whole = trainer(tmp_path / "whole")
    whole.run()
    trainer(tmp_path / "parts").run(until=stop)
    torch.manual_seed(99)
    second = trainer(tmp_path / "parts")
    second.model.inner.weight.data.zero_()  # the checkpoint decides, not the start
    second.run()
    assert second.step == whole.step == 12
    ours, theirs = weights(second), weights(whole)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert all(torch.equal(second.average[name], whole.average[name]) for name in theirs)
    assert torch.equal(second.generator.get_state(), whole.generator.get_state())


def test_a_finished_run_is_not_trained_further(tmp_path: Path):
    first = trainer(tmp_path)
    first.run()
    again = trainer(tmp_path)
    again.run()
    assert again.step == 12
    assert all(torch.equal(v, weights(first)[n]) for n, v in weights(again).items())


def test_it_learns(tmp_path: Path):
    losses: list[float] = []
    model = Net()
    inner = regression(model)

    def loss(step: int, generator: torch.Generator) -> Tensor:
        value = inner(step, generator)
        losses.append(value.item())
        return value

    recipe = Recipe(steps=120, batch=4, lr=0.03, warmup=5, checkpoint_every=120)
    Trainer(model, loss, recipe, tmp_path, say=lambda _: None).run()
    assert sum(losses[-20:]) < 0.25 * sum(losses[:20])


@pytest.mark.parametrize("written", [0, 50])
def test_a_save_that_fails_leaves_the_old_checkpoint(
    written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first = trainer(tmp_path)
    first.run(until=4)
    before = first.checkpoint.read_bytes()

    def disk_full(_state: object, path: Path) -> None:
        path.write_bytes(b"x" * written)
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(torch, "save", disk_full)
        with pytest.raises(OSError, match="No space"):
            trainer(tmp_path).run(until=8)
    assert first.checkpoint.read_bytes() == before
    second, whole = trainer(tmp_path), trainer(tmp_path / "whole")
    second.run()
    whole.run()
    assert all(torch.equal(v, weights(whole)[n]) for n, v in weights(second).items())


def test_learning_rate_rises_linearly_and_falls_by_a_cosine():
    recipe = Recipe(steps=1100, batch=1, lr=2.0, warmup=100)
    assert recipe.lr_at(0) == pytest.approx(0.02)
    assert recipe.lr_at(49) == pytest.approx(1.0)
    assert recipe.lr_at(99) == recipe.lr_at(100) == pytest.approx(2.0)
    assert recipe.lr_at(350) == pytest.approx(1 + math.cos(math.pi / 4))
    assert recipe.lr_at(600) == pytest.approx(1.0)
    assert recipe.lr_at(1100) == pytest.approx(0.0)
    rates = [recipe.lr_at(step) for step in range(100, 1100)]
    assert rates == sorted(rates, reverse=True)
    assert Recipe(steps=10, batch=1, lr=2.0, warmup=0).lr_at(0) == pytest.approx(2.0)


def test_each_step_uses_its_own_rate(tmp_path: Path):
    run = trainer(tmp_path)
    seen: list[float] = []
    inner = run.loss

    def loss(step: int, generator: torch.Generator) -> Tensor:
        seen.append(run.optimizer.param_groups[0]["lr"])
        assert {g["lr"] for g in run.optimizer.param_groups} == {seen[-1]}
        return inner(step, generator)

    run.loss = loss
    run.run()
    assert seen == [pytest.approx(RECIPE.lr_at(step)) for step in range(12)]


def test_averaged_weights_are_the_recurrence(tmp_path: Path):
    run = trainer(tmp_path)
    steps: list[dict[str, Tensor]] = []  # the weights before each step
    inner = run.loss

    def loss(step: int, generator: torch.Generator) -> Tensor:
        steps.append(weights(run))
        return inner(step, generator)

    run.loss = loss
    run.run()
    want = {name: value.double() for name, value in steps[0].items()}
    for t, after in enumerate([*steps[1:], weights(run)]):
        decay = min(0.9, (1 + t) / (10 + t))
        want = {n: decay * v + (1 - decay) * after[n].double() for n, v in want.items()}
    for name, value in want.items():
        torch.testing.assert_close(run.average[name].double(), value, rtol=1e-5, atol=1e-6)
    trained = weights(run)
    run.use_average()
    assert all(torch.equal(v, run.average[n]) for n, v in weights(run).items())
    assert not torch.equal(trained["inner.weight"], run.average["inner.weight"])


def test_only_matrices_decay(tmp_path: Path):
    run = trainer(tmp_path)
    decay = {
        id(parameter): group["weight_decay"]
        for group in run.optimizer.param_groups
        for parameter in group["params"]
    }
    found = {name: decay[id(p)] for name, p in run.model.named_parameters()}
    assert found == {
        "inner.weight": 1e-2,
        "inner.bias": 0.0,
        "outer.weight": 1e-2,
        "outer.bias": 0.0,
    }


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_good_checkpoint(
    value: float, tmp_path: Path
):
    model = Net()

    def loss(step: int, generator: torch.Generator) -> Tensor:
        good = model(torch.ones(1, 3)).square().mean()
        return good * value if step >= 30 else good

    recipe = Recipe(steps=100, batch=1, lr=1e-3, checkpoint_every=25)
    run = Trainer(model, loss, recipe, tmp_path, say=lambda _: None)
    with pytest.raises(LoomError, match=r"became (nan|inf) at step 50") as caught:
        run.run()
    assert "learning rate" in str(caught.value) and str(tmp_path) in str(caught.value)
    state = torch.load(run.checkpoint, weights_only=True)
    assert state["step"] == 25
    assert all(v.isfinite().all() for v in state["model"].values())


def test_progress_is_said_and_written_down(tmp_path: Path):
    said: list[str] = []
    model = Net()
    recipe = Recipe(steps=100, batch=4, lr=1e-3, checkpoint_every=50)
    Trainer(model, regression(model), recipe, tmp_path, said.append).run()
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [50, 100]
    assert all(row["loss"] > 0 for row in rows)
    assert [line.split("  ")[0] for line in said] == ["step 50/100", "step 100/100"]
