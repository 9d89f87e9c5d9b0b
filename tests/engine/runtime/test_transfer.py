"""Copies on a stream of their own, over a stand-in for torch.cuda that does them late.

What is asked of a stream waits in its queue until something waits for the stream, so a copy that is
read before it was waited for, or a buffer that is filled again too early, shows in the numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager

import pytest
import torch

from engine.runtime import transfer
from engine.runtime.housing import Housed
from engine.runtime.streaming import Slots, Unit, Weight
from engine.runtime.transfer import Direct, Pinned, transfer_to


class Event:
    def __init__(self) -> None:
        self.of: Stream | None = None
        self.place = 0

    def record(self, stream: Stream) -> None:
        self.of, self.place = stream, stream.asked

    def synchronize(self) -> None:
        if self.of:
            self.of.work_until(self.place)


class Stream:
    def __init__(self, device: object = None) -> None:
        self.queue: list[Callable[[], object]] = []
        self.asked = self.done = 0

    def ask(self, work: Callable[[], object]) -> None:
        self.queue.append(work)
        self.asked += 1

    def work_until(self, place: int) -> None:
        while self.done < place:
            self.done += 1
            self.queue.pop(0)()

    def wait_stream(self, other: Stream) -> None:
        place = other.asked
        self.ask(lambda: other.work_until(place))

    def wait_event(self, event: Event) -> None:
        self.ask(event.synchronize)


class Cuda:
    """Stands for torch.cuda: `copy_` of a non-blocking copy goes into the current stream."""

    Stream, Event = Stream, Event

    def __init__(self) -> None:
        self.current = Stream()

    def current_stream(self) -> Stream:
        return self.current

    @contextmanager
    def stream(self, stream: Stream):
        before, self.current = self.current, stream
        yield
        self.current = before


@pytest.fixture
def cuda(monkeypatch) -> Cuda:
    fake = Cuda()
    copy, empty = torch.Tensor.copy_, torch.empty

    def late(target, source, non_blocking=False):
        if not non_blocking:
            return copy(target, source)
        fake.current.ask(lambda: copy(target, source))
        return target

    def unpinned(*size, pin_memory=False, **options):
        return empty(*size, **options)

    monkeypatch.setattr(torch.Tensor, "copy_", late)
    monkeypatch.setattr(torch, "empty", unpinned)
    return fake


def finished(cuda: Cuda) -> None:
    cuda.current.work_until(cuda.current.asked)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("count", [1, 16, 100])
def test_all_pieces_arrive_however_late_the_copies_are(cuda: Cuda, dtype, count):
    way = Pinned(torch.device("cpu"), chunk=64, cuda=cuda)
    source = torch.randn(count, 3)
    target = torch.zeros(count, 3, dtype=dtype)
    way.copy(target, source)
    way.wait()
    finished(cuda)
    assert torch.equal(target, source.to(dtype))


def test_what_was_not_waited_for_is_not_there(cuda: Cuda):
    way = Pinned(torch.device("cpu"), chunk=64, cuda=cuda)
    target = torch.zeros(4)
    way.copy(target, torch.ones(4))
    finished(cuda)
    assert target.sum() == 0
    way.wait()
    finished(cuda)
    assert target.sum() == 4


def test_a_place_is_filled_again_only_when_what_reads_it_is_computed(cuda: Cuda):
    """Five parts over two places, computed late: each is multiplied with its own weights."""
    layers = [torch.nn.Linear(8, 8, bias=False) for _ in range(5)]
    stored = [layer.weight.data.clone() for layer in layers]
    units = [
        Unit(layer, [Weight(layer.weight, weight)])
        for layer, weight in zip(layers, stored, strict=True)
    ]
    slots = Slots(units, torch.device("cpu"), Pinned(torch.device("cpu"), 4096, cuda))
    x, outputs = torch.randn(8), []
    for i in range(10):
        unit, following = units[i % 5], units[(i + 1) % 5]
        slots.bring(unit)
        slots.begin(following)
        place = unit.weights[0].parameter.data  # what a kernel would be handed

        def compute(place=place):
            outputs.append(place @ x)

        cuda.current.ask(compute)
        slots.let_go(unit)
    finished(cuda)
    for i, output in enumerate(outputs):
        assert torch.equal(output, stored[i % 5] @ x)


def test_without_the_mark_the_same_would_go_wrong(cuda: Cuda, monkeypatch):
    monkeypatch.setattr(Pinned, "after", lambda self, mark: None)
    with pytest.raises(AssertionError):
        test_a_place_is_filled_again_only_when_what_reads_it_is_computed(cuda)


def test_a_model_that_comes_and_goes_over_copies_that_are_late(cuda: Cuda):
    layers = torch.nn.Sequential(*(torch.nn.Linear(8, 8) for _ in range(4)))
    model = Housed(
        layers, torch.device("cpu"), torch.float64, Pinned(torch.device("cpu"), 4096, cuda)
    )
    weights = [parameter.data.double() for parameter in layers.parameters()]
    for _ in range(2):
        model.bring()
        finished(cuda)
        for parameter, weight in zip(layers.parameters(), weights, strict=True):
            assert torch.equal(parameter, weight)
        model.let_go()
        assert next(layers.parameters()).dtype == torch.float32


def test_the_way_for_each_device(monkeypatch):
    assert isinstance(transfer_to(torch.device("cpu")), Direct)
    assert isinstance(transfer_to(torch.device("mps")), Direct)
    monkeypatch.setattr(transfer, "Pinned", lambda device: device.type)
    transfer_to.cache_clear()
    assert transfer_to(torch.device("cuda")) == "cuda"
    transfer_to.cache_clear()
