"""What a front end runs workflows with: kept results, and an executor."""

from __future__ import annotations

from dataclasses import replace

import engine.runtime.codecs  # noqa: F401  (registers how values with tensors are kept)
from app.session import CACHE_VARIABLE, cache_folder
from engine.diffusion.weights.hashing import adopt
from engine.graph.cache import Cache
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.executor import Executor
from engine.graph.registry import Registry
from engine.runtime.allocator import keep_freed_memory
from engine.runtime.device import numeric_environment
from engine.runtime.pool import SharedModels


def open_cache() -> Cache:
    """The kept results; LoomError when the folder for them can't be used."""
    try:
        return Cache(cache_folder())
    except LoomError as error:
        error.remedy = f"Set {CACHE_VARIABLE} to a folder that you may write to."
        raise


def open_executor(
    registry: Registry, settings: Settings, cache: Cache | None = None, attention: str = ""
) -> Executor:
    """An executor that keeps results on disk, or in the given cache.

    `attention` names the backend, "" leaves it to LOOM_ATTENTION. Raises LoomError when the folder
    for the results can't be used, or the device or the attention backend is misnamed or not there.
    """
    keep_freed_memory()
    cache = cache or open_cache()
    # Models are read once to be hashed: to be found by content, for recipes, and by loaders.
    settings = replace(settings, hashes=cache.hashes)
    adopt(cache.hashes)
    return Executor(
        registry,
        settings,
        cache=cache,
        environment=numeric_environment(attention),
        models=SharedModels(),
    )
