"""Memory that ran out: recognised, told in a sentence, and what to try next."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.graph.errors import LoomError
from engine.runtime.budget import in_words
from engine.runtime.placement import KEY, LADDERS, Decision, ladder_of

if TYPE_CHECKING:
    from engine.runtime.pool import ModelPool

# What torch says in a plain RuntimeError when the computer's memory is used up.
PHRASES = ("can't allocate memory", "not enough memory", "out of memory")
PLAIN = Decision("other", 0, LADDERS["other"][0])


class OutOfMemory(LoomError):
    """A node's memory ran out. `decision` is how it was laid out, `others` bytes of other models
    that were loaded meanwhile.
    """

    def __init__(self, decision: Decision, others: int, budget: int, cause: BaseException) -> None:
        how = decision.placement.words()
        need = f" It needs about {in_words(decision.needed)}," if decision.needed else ""
        super().__init__(
            f"Memory ran out{f', with {how}' if how else ''}."
            f"{need}{' and' if need else ' There is'} {in_words(budget)}"
            f"{' is what there is' if need else ''}. ({_first_line(cause)})",
            remedy="Make smaller pictures or fewer at once, close other programs, or raise the "
            "budget that --vram or --ram sets.",
        )
        self.decision = decision
        self.others = others


def ran_out(error: BaseException) -> bool:
    """Whether an error says that there was no memory left, on a device or in the computer."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(phrase in text for phrase in PHRASES)


def next_try(
    error: BaseException, pool: ModelPool, tried: Mapping[str, str]
) -> tuple[dict[str, str], str] | None:
    """Changes of a node's environment with which to try it again, and a sentence that says so.

    None where `error` is about something else, or every rung was tried. Before that, all models
    that are not lent are put away, and what the error holds is let go. `tried` are the changes of
    the last try.
    """
    found = error if isinstance(error, OutOfMemory) else error.__cause__
    if not isinstance(found, OutOfMemory):
        if not ran_out(error):
            return None
        found = OutOfMemory(PLAIN, pool.used, pool.budget, error)
    _let_go(error)
    pool.clear()
    _empty_caches()
    ladder, rung = ladder_of(found.decision.work, pool.device.kind), found.decision.rung
    if found.others and not tried:
        return {KEY: str(rung)}, "Memory ran out: tried again with all other models put away."
    rung = max(rung, int(tried.get(KEY, 0))) + 1
    if rung >= len(ladder):
        return None
    how = ladder[rung].words()
    return {KEY: str(rung)}, f"Memory ran out: tried again with {how}."


def _let_go(error: BaseException | None) -> None:
    """Free what the frames of an error's traceback hold."""
    while error:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _empty_caches() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
