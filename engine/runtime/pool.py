"""The one place that holds weights: models are lent by handle, and put away to make room."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.diffusion.values import ModelRef
from engine.diffusion.weights.find import component
from engine.graph.errors import LoomError
from engine.runtime.device import Device, check_usable, pick

log = logging.getLogger("latent_loom")

Loader = Callable[[ModelRef], Any]
DEFAULT_BUDGET = 16 << 30
CPU = Device("cpu", "float32")


@dataclass
class _Entry:
    """One model; its lock is held while it loads, so that others wait for it, not for the pool."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    model: Any = None
    size: int = 0
    leases: int = 0
    loaded: bool = False


class ModelPool:
    """Lends models by handle, keeping the most recently used ones within `budget` bytes.

    A model that is lent is never put away, so leases together may exceed the budget. Equal handles
    share one model. Several threads may lease at once: the same model loads once, others load
    beside it. `loader` makes the module of a handle; the default reads it from its folder and puts
    it on `device`, in that device's numbers where the handle asks for none.
    """

    def __init__(
        self,
        budget: int = DEFAULT_BUDGET,
        loader: Loader | None = None,
        device: Device = CPU,
    ) -> None:
        self.budget = budget
        self._loader = loader or _loader_for(device)
        self._entries: OrderedDict[ModelRef, _Entry] = OrderedDict()  # least recently used first
        self._lock = threading.Lock()
        self._fetching = False

    @contextmanager
    def lease(self, ref: ModelRef) -> Iterator[Any]:
        """The model of `ref` for the length of a `with` block, loaded on first use.

        Raises what the loader raises (LoomError for files); the pool is then as before.
        """
        with self._lock:
            entry = self._entries.setdefault(ref, _Entry())
            self._entries.move_to_end(ref)
            entry.leases += 1
        try:
            with entry.lock:
                if not entry.loaded:
                    entry.model = self._loader(ref)
                    entry.size = size_of(entry.model)
                    entry.loaded = True
            self._evict()
            yield entry.model
        finally:
            with self._lock:
                entry.leases -= 1
                if not entry.loaded and not entry.leases and self._entries.get(ref) is entry:
                    del self._entries[ref]
            self._evict()

    @property
    def handle(self) -> type[ModelRef]:
        """The class of the handles that models are lent by."""
        return ModelRef

    def prefetch(self, ref: ModelRef) -> None:
        """Begin to load the model of `ref` on another thread, so that a later lease finds it there.

        Does nothing where it would not fit beside what is lent, and while another model is being
        fetched: what is in use matters more. A load that fails is left to the lease, which then
        says why.
        """
        with self._lock:
            lent = sum(entry.size for entry in self._entries.values() if entry.leases)
            if ref in self._entries or self._fetching or lent + _bytes_on_disk(ref) > self.budget:
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
            used = sum(entry.size for entry in self._entries.values())
            for ref, entry in list(self._entries.items()):
                if used - freed <= budget:
                    break
                if entry.loaded and not entry.leases:
                    del self._entries[ref]
                    freed += entry.size
        return freed


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
        from engine.diffusion.weights.load import load

        return load(replace(ref, dtype=device.dtype_for(ref.dtype)), device.kind)

    return load_from_folder


_shared: ModelPool | None = None
_shared_lock = threading.Lock()


def shared_pool() -> ModelPool:
    """The pool of this process, on the device that `runtime.device` picks."""
    global _shared
    with _shared_lock:
        if _shared is None:
            device = pick()
            check_usable(device)
            _shared = ModelPool(device=device)
        return _shared


class SharedModels:
    """The models of the shared pool, which is opened when the first one is asked for."""

    @property
    def handle(self) -> type[ModelRef]:
        """The class of the handles that models are lent by."""
        return ModelRef

    def __contains__(self, ref: ModelRef) -> bool:
        """Whether the model of `ref` is loaded now."""
        return _shared is not None and ref in _shared

    def prefetch(self, ref: ModelRef) -> None:
        """Begin to load the model of `ref` on another thread, once the pool is open.

        Opening it can fail, and that is for the node which needs it to say.
        """
        if _shared is not None:
            _shared.prefetch(ref)
