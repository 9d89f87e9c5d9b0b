"""The one place that decides how a node keeps within its memory, and says so.

For each kind of work there is a ladder: what costs the least time first. A node begins on the first
rung that fits its budget; when memory runs out all the same, it is tried again a rung higher.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.graph.environment import environment
from engine.runtime.budget import in_words

# Models that are not streamed: they go band by band through layers that are then not called.
AUTOENCODERS = ("AutoencoderKL", "VQModel", "AutoencoderTiny")

Work = Literal["denoise", "autoencode", "other"]
# The least rung to begin on, in the environment of a node that is tried again.
KEY = "rung"
# What a streamed model takes of its budget: two places for its parts, and what is too small to go.
STREAMED_SHARE = 0.35
SLICE = 64


@dataclass(frozen=True)
class Placement:
    """How weights and what is computed are laid out in memory; the default takes the least time.

    `streamed` weights are there a part at a time. With `apart` each prompt goes through the model
    alone. `forward` and `attention` are the MiB that feed-forward layers and attention scores may
    take at a time, 0 for all. `vae` is "whole", "single" (a picture at a time), or bands of so many
    MiB, "bands:64", which may wait in the computer's memory, "bands:16:host".
    """

    streamed: bool = False
    apart: bool = False
    forward: int = 0
    attention: int = 0
    vae: str = "whole"

    def environment(self) -> dict[str, str]:
        """What the layers read of it in the environment of the running node."""
        found: dict[str, str] = {}
        if self.apart:
            found["guidance"] = "apart"
        if self.forward:
            found["forward"] = str(self.forward)
        if self.attention:
            found["attention"] = f"sliced:{self.attention}"
        if self.vae != "whole":
            found["vae"] = self.vae
        return found

    def words(self) -> str:
        """What is done, for people; "" for the default."""
        parts: list[str] = []
        if self.streamed:
            parts.append("weights streamed a part at a time")
        if self.apart:
            parts.append("each prompt through the model alone")
        if self.forward:
            parts.append("feed-forward layers in slices")
        if self.attention:
            parts.append("attention in slices")
        if self.vae == "single":
            parts.append("one picture at a time")
        elif self.vae != "whole":
            _, size, *host = self.vae.split(":")
            wait = " that wait in the computer's memory" if host else ""
            parts.append(f"the VAE in bands of {size} MB{wait}")
        return ", ".join(parts)


LADDERS: Mapping[Work, tuple[Placement, ...]] = {
    "denoise": (
        Placement(),
        Placement(apart=True),
        Placement(apart=True, forward=SLICE),
        # Each pass reads all weights again, so the prompts go together while they can.
        Placement(streamed=True),
        Placement(streamed=True, forward=SLICE),
        Placement(streamed=True, apart=True, forward=SLICE),
        Placement(streamed=True, apart=True, forward=SLICE // 4, attention=SLICE // 4),
    ),
    "autoencode": (
        Placement(),
        Placement(vae="single"),
        Placement(vae="bands:64"),
        Placement(vae="bands:16"),
        Placement(vae="bands:16:host"),
    ),
    "other": (Placement(), Placement(streamed=True)),
}


def ladder_of(work: Work, device: str) -> tuple[Placement, ...]:
    """The rungs that help: only a card has another memory beside it to wait in."""
    return tuple(p for p in LADDERS[work] if device == "cuda" or not p.vae.endswith(":host"))


@dataclass(frozen=True)
class Decision:
    """A placement, its rung on the ladder of the work, and the bytes it is thought to need."""

    work: Work
    rung: int
    placement: Placement
    needed: int = 0

    def words(self, budget: int) -> str:
        """A sentence for people, of how it keeps within `budget` bytes; "" for the default."""
        how = self.placement.words()
        if not how:
            return ""
        need = f" (needs about {in_words(self.needed)})" if self.needed else ""
        return f"To keep within {in_words(budget)}: {how}{need}."


def decide(
    work: Work,
    device: str,
    budget: int,
    weights: Callable[[], int],
    computed: Callable[[Placement], int],
    roughly: int,
) -> Decision:
    """The first rung, from that of the environment on, that fits `budget` bytes; else the last.

    `weights` is what all models of the work take, and `computed` what is computed beside them in a
    placement; neither is asked where `roughly`, more than both, fits.
    """
    ladder = ladder_of(work, device)
    least = min(int(environment().get(KEY, 0)), len(ladder) - 1)
    if least == 0 and roughly <= budget:
        return Decision(work, 0, ladder[0])
    here = weights()
    needed = 0
    for rung, placement in enumerate(ladder):
        if rung < least:
            continue
        kept = min(here, int(STREAMED_SHARE * budget)) if placement.streamed else here
        needed = kept + computed(placement)
        if needed <= budget:
            return Decision(work, rung, placement, needed)
    return Decision(work, len(ladder) - 1, ladder[-1], needed)
