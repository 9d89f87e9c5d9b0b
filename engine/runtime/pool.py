"""The one place that holds weights: models are lent by handle, and put away to make room."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from engine.diffusion.values import ModelRef
from engine.diffusion.weights.find import component
from engine.graph.environment import environment
from engine.graph.errors import LoomError
from engine.graph.prefetch import Outlook
from engine.runtime.budget import Budget, pick_budget, usable_ram
from engine.runtime.device import Device, check_usable, pick
from engine.runtime.forecast import forecast
from engine.runtime.out_of_memory import next_try
from engine.runtime.placement import KEY
from engine.runtime.switches import switches

log = logging.getLogger("latent_loom")

DEFAULT_BUDGET = 16 << 30
CPU = Device("cpu", "float32")
# Models that are away, and can come back without being laid out again.
AWAY = 8


@runtime_checkable
class House(Protocol):
    """A module whose weights come to the device and go, see `engine.runtime.housing.Housed`."""

    module: Any
    size: int
    can_stream: bool

    def bring(self) -> None:
        """All weights to the device."""
        ...

    def stream(self, memory: int) -> int:
        """Each part while it computes, in `memory` bytes; returns what is there all the time."""
        ...

    def let_go(self) -> None:
        """Nothing on the device."""
        ...


Loader = Callable[[ModelRef], Any]
"""Makes what a handle stands for: a House, or a module that is dropped to make room."""


@dataclass
class _Entry:
    """One model; its lock is held while it loads, so that others wait for it, not for the pool.

    `size` is what it takes now and `room` what its borrowers compute beside it.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    model: Any = None
    house: House | None = None
    size: int = 0
    room: int = 0
    leases: int = 0
    loaded: bool = False
    streamed: bool = False


class ModelPool:
    """Lends models by handle, keeping those that will be used next within `budget` bytes.

    A model that is lent is never put away, so leases together may exceed the budget. Equal handles
    share one model. Several threads may lease at once: the same model loads once, others load
    beside it. `loader` makes the module of a handle; the default reads it from its folder for
    `device`, in that device's numbers where the handle asks for none. One that is larger than the
    budget is streamed: its weights are there a part at a time.
    """

    def __init__(
        self,
        budget: int = DEFAULT_BUDGET,
        loader: Loader | None = None,
        device: Device = CPU,
    ) -> None:
        self.budget = budget
        self.device = device
        self._loader = loader or _loader_for(device)
        self._entries: OrderedDict[ModelRef, _Entry] = OrderedDict()  # least recently used first
        self._lock = threading.Lock()
        self._fetching = False
        self._expected: list[ModelRef] = []

    @contextmanager
    def lease(self, ref: ModelRef, room: int = 0, streamed: bool | None = None) -> Iterator[Any]:
        """The model of `ref` for the length of a `with` block, loaded on first use.

        `room` bytes stay free beside it for what is computed. It is streamed where it and they do
        not fit the budget, or where that is asked for; with None, where memory ran out before in
        the running node. Raises what the loader raises (LoomError for files) and
        torch.OutOfMemoryError; the pool is then as before.
        """
        if streamed is None:
            streamed = environment().get(KEY, "0") != "0"
        with self._lock:
            entry = self._entries.setdefault(ref, _Entry())
            self._entries.move_to_end(ref)
            entry.leases += 1
        try:
            with entry.lock:
                entry.room = max(entry.room, room)
                self._bring(ref, entry, room, streamed)
            self._evict()
            yield entry.model
        finally:
            with self._lock:
                entry.leases -= 1
                if not entry.leases:
                    entry.room = 0
                    unused = not entry.loaded and entry.house is None
                    if unused and self._entries.get(ref) is entry:
                        del self._entries[ref]
            self._evict()

    def _bring(self, ref: ModelRef, entry: _Entry, room: int, streamed: bool) -> None:
        """Have the model there, in the way that its size and the budget ask for."""
        if entry.house is None and not entry.loaded:
            found = self._loader(ref)
            entry.house = found if isinstance(found, House) else None
            entry.model = found.module if isinstance(found, House) else found
            if entry.house is None:
                entry.size, entry.loaded = size_of(entry.model), True
        house = entry.house
        if house is None:
            return
        streamed = house.can_stream and (streamed or house.size + room > self.budget)
        if entry.loaded and (entry.streamed == streamed or entry.leases > 1):
            return
        entry.loaded, entry.size = False, 0
        if streamed:
            entry.size = house.stream(max(0, self.budget - room))
        else:
            self._evict(self.budget - house.size)
            house.bring()
            entry.size = house.size
        entry.loaded, entry.streamed = True, streamed

    @property
    def handle(self) -> type[ModelRef]:
        """The class of the handles that models are lent by."""
        return ModelRef

    def size(self, ref: ModelRef) -> int:
        """What the weights of a handle take, or would in the dtype of their file."""
        with self._lock:
            entry = self._entries.get(ref)
        return entry.house.size if entry and entry.house else _bytes_on_disk(ref)

    def expect(self, refs: Iterable[ModelRef]) -> None:
        """The models that will be used next, soonest first: others are put away before them."""
        with self._lock:
            self._expected = list(refs)

    def prefetch(self, ref: ModelRef) -> None:
        """Begin to load the model of `ref` on another thread, so that a later lease finds it there.

        Does nothing where it would not fit beside what is lent, and while another model is being
        fetched: what is in use matters more. A load that fails is left to the lease, which then
        says why.
        """
        with self._lock:
            lent = sum(e.size + e.room for e in self._entries.values() if e.leases)
            entry = self._entries.get(ref)
            there = entry is not None and (entry.loaded or entry.leases > 0)
            if there or self._fetching or lent + _bytes_on_disk(ref) > self.budget:
                return
            self._fetching = True
        threading.Thread(target=self._fetch, args=(ref,), name="prefetch", daemon=True).start()

    def _fetch(self, ref: ModelRef) -> None:
        try:
            with self.lease(ref):
                pass
        except Exception as error:  # whatever a broken file makes the loader raise
            log.info("A model could not be fetched ahead: %s", error)
        finally:
            with self._lock:
                self._fetching = False

    def clear(self) -> int:
        """Put away every model that is not lent; returns the bytes that frees."""
        return self._evict(budget=0)

    def others(self, refs: Iterable[ModelRef]) -> int:
        """Bytes of the models that are loaded now beside these."""
        with self._lock:
            return sum(e.size for ref, e in self._entries.items() if ref not in set(refs))

    @property
    def used(self) -> int:
        """Bytes of the models that are loaded now."""
        with self._lock:
            return sum(entry.size for entry in self._entries.values())

    def __contains__(self, ref: ModelRef) -> bool:
        """Whether the model of `ref` is loaded now."""
        with self._lock:
            entry = self._entries.get(ref)
            return entry is not None and entry.loaded

    def _evict(self, budget: int | None = None) -> int:
        budget = self.budget if budget is None else budget
        freed = 0
        with self._lock:
            used = sum(entry.size + entry.room for entry in self._entries.values())
            for ref in self._in_order():
                entry = self._entries[ref]
                if used - freed <= budget:
                    break
                if entry.loaded and not entry.leases:
                    freed += entry.size
                    self._put_away(ref, entry)
            away = [ref for ref, entry in self._entries.items() if not entry.loaded]
            for ref in away[: max(0, len(away) - AWAY)]:
                if not self._entries[ref].leases:
                    del self._entries[ref]
        return freed

    def _in_order(self) -> list[ModelRef]:
        """Whose turn it is to go: what nobody expects, longest unused first; then the latest."""
        turns = {ref: i for i, ref in reversed(list(enumerate(self._expected)))}
        refs = list(self._entries)
        return sorted(refs, key=lambda ref: -turns.get(ref, len(turns)))

    def _put_away(self, ref: ModelRef, entry: _Entry) -> None:
        if entry.house is None:
            del self._entries[ref]
            return
        entry.house.let_go()
        entry.loaded, entry.size = False, 0


def size_of(model: Any) -> int:
    """Bytes of a module's parameters and buffers, shared ones once; 0 for what has none."""
    if not hasattr(model, "state_dict"):
        return 0
    storages = {}
    for tensor in (*model.parameters(), *model.buffers()):
        storages[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
    return sum(storages.values())


def _bytes_on_disk(ref: ModelRef) -> int:
    """What the weights of a handle take in their files; 0 where those can't be read."""
    try:
        return component(Path(ref.folder), ref.subfolder, ref.variant).size()
    except (LoomError, OSError):
        return 0


def _loader_for(device: Device) -> Loader:
    def load_from_folder(ref: ModelRef) -> Any:
        from engine.runtime.housing import house

        return house(replace(ref, dtype=device.dtype_for(ref.dtype)), device.kind)

    return load_from_folder


_shared: ModelPool | None = None
_shared_budget: Budget | None = None
_shared_lock = threading.Lock()


def shared_pool() -> ModelPool:
    """The pool of this process, on the device that `runtime.device` picks.

    It keeps within `budget_of_process`.
    """
    global _shared
    with _shared_lock:
        if _shared is None:
            device = pick()
            check_usable(device)
            if device.kind == "cuda":
                from engine.runtime.precision import set_precision  # it imports torch

                set_precision(switches().tf32)
            _shared = ModelPool(memory_of(device, budget_of_process()), device=device)
        return _shared


def use_budget(budget: Budget) -> None:
    """Let the pool of this process keep within a budget, now if it is open, else from then on."""
    global _shared_budget
    with _shared_lock:
        _shared_budget = budget
        if _shared is not None:
            _shared.budget = memory_of(_shared.device, budget)


def budget_of_process() -> Budget:
    """What `use_budget` said, else what the environment variables say."""
    return _shared_budget or pick_budget()


def memory_of(device: Device, budget: Budget) -> int:
    """The bytes that models and what they compute may take on a device."""
    if device.kind != "cuda":
        return budget.ram or usable_ram()
    import torch

    free, total = torch.cuda.mem_get_info()
    return min(budget.vram, total) if budget.vram else free


class SharedModels:
    """The models of the shared pool, which is opened when the first one is asked for."""

    @property
    def handle(self) -> type[ModelRef]:
        """The class of the handles that models are lent by."""
        return ModelRef

    def __contains__(self, ref: ModelRef) -> bool:
        """Whether the model of `ref` is loaded now."""
        return _shared is not None and ref in _shared

    def expect(self, refs: Iterable[ModelRef]) -> None:
        """The models that will be used next, soonest first."""
        if _shared is not None:
            _shared.expect(refs)

    def outlook(self, refs: Sequence[ModelRef]) -> Outlook | None:
        """How the models of one node would be held, see `forecast`. Imports no torch."""
        return forecast(refs, pick(), budget_of_process())

    def rescue(
        self, error: Exception, tried: Mapping[str, str]
    ) -> tuple[Mapping[str, str], str] | None:
        """How to try a node again whose memory ran out, see `out_of_memory.next_try`."""
        return None if _shared is None else next_try(error, _shared, tried)

    def prefetch(self, ref: ModelRef) -> None:
        """Begin to load the model of `ref` on another thread, once the pool is open.

        Opening it can fail, and that is for the node which needs it to say.
        """
        if _shared is not None:
            _shared.prefetch(ref)
