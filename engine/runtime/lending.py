"""Models lent to a node in the way that its budget allows: see `placement` for what that can be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from engine.graph.environment import environment, within
from engine.graph.errors import LoomError
from engine.runtime import placement
from engine.runtime.allocator import give_back
from engine.runtime.out_of_memory import OutOfMemory, ran_out
from engine.runtime.placement import KEY, Decision, Placement, Work
from engine.runtime.pool import ModelPool, shared_pool

if TYPE_CHECKING:
    from engine.diffusion.values import VAE, Image, Latents, ModelRef
    from engine.graph.context import Context

log = logging.getLogger("latent_loom")

# More than published UNets compute for a latent cell, and VAEs for a pixel, in float32.
CELL = 64 << 10
PIXEL = 4 << 10
# Their lowest resolution takes about so small a part of that, with some bands of higher ones.
LOWEST, BANDS_AT_A_TIME = 16, 4
# Decisions that nodes will need again, see `lent_to_denoise`, and how many are kept.
_decisions: dict[Hashable, Decision] = {}
REMEMBERED = 32
# Work of more bytes gives back what it leaves between the weights: other work can't use such gaps.
LARGE = 128 << 20
# The prompts that a guided step asks for, at most.
PROMPTS = 3


@contextmanager
def lent_to_denoise(
    context: Context,
    refs: Sequence[ModelRef],
    latents: Latents,
    first: Callable[[Any, Sequence[Any]], Callable[[], object]],
    alike: Hashable = None,
) -> Iterator[list[Any]]:
    """A UNet and the networks that lead it, the first and the rest of `refs`.

    `first` gives what asks them for one step's predictions, by which it is found out what it takes.
    That takes a second or two for a large model: a node that is run for every step says by `alike`
    what else than the size of the latents it depends on, and it is found out once.
    """

    def step(blanks: list[Any]) -> Callable[[], object]:
        return first(blanks[0], blanks[1:])

    batch, _, height, width = latents.samples.shape
    computed = CELL * PROMPTS * batch * height * width
    key = None if alike is None else (latents.samples.shape, alike)
    with _lent(context, "denoise", refs, computed, step, key) as models:
        yield models


@contextmanager
def lent_to_decode(context: Context, vae: VAE, latents: Latents) -> Iterator[Any]:
    """A VAE for `decode` of these latents."""
    shape = tuple(latents.samples.shape)
    with _lent_vae(context, vae, shape, vae.factor, "decode") as model:
        yield model


@contextmanager
def lent_to_encode(context: Context, vae: VAE, image: Image) -> Iterator[Any]:
    """A VAE for `encode` of these pictures."""
    with _lent_vae(context, vae, tuple(image.pixels.shape), 1, "encode") as model:
        yield model


@contextmanager
def _lent_vae(
    context: Context, vae: VAE, shape: tuple[int, ...], factor: int, call: str
) -> Iterator[Any]:
    def work(blanks: list[Any]) -> Callable[[], object]:
        import torch

        from engine.diffusion.models.bands import KEY, WHOLE

        x = torch.empty(shape, device="meta", dtype=next(blanks[0].parameters()).dtype)

        def each() -> None:
            getattr(blanks[0], call)(x if environment().get(KEY, WHOLE) == WHOLE else x[:1])

        return each

    batch, _, height, width = shape
    computed = PIXEL * batch * height * width * factor**2
    with _lent(context, "autoencode", [vae], computed, work) as (model,):
        yield model


@contextmanager
def _lent(
    context: Context,
    work: Work,
    refs: Sequence[ModelRef],
    roughly: int,
    call: Callable[[list[Any]], Callable[[], object]],
    alike: Hashable = None,
) -> Generator[list[Any]]:
    pool = shared_pool()
    key = work, tuple(refs), alike, pool.budget, pool.device, environment().get(KEY, "")
    decision = _decisions.get(key) or _decided(pool, work, refs, roughly, call)
    if alike is not None:
        _decisions[key] = decision
        if len(_decisions) > REMEMBERED:
            del _decisions[next(iter(_decisions))]
    if KEY not in environment() and (words := decision.words(pool.budget)):
        context.progress(0, 1, words)
    chosen = decision.placement
    room = max(0, decision.needed - sum(map(pool.size, refs))) if decision.rung else 0
    try:
        with within(chosen.environment()), ExitStack() as lent:
            yield [
                lent.enter_context(pool.lease(ref, room if i == 0 else 0, chosen.streamed))
                for i, ref in enumerate(refs)
            ]
    except Exception as error:
        if not ran_out(error):
            raise
        raise OutOfMemory(decision, pool.others(refs), pool.budget, error) from error
    finally:
        if alike is None and roughly > LARGE:
            give_back()


def _decided(
    pool: ModelPool,
    work: Work,
    refs: Sequence[ModelRef],
    roughly: int,
    call: Callable[[list[Any]], Callable[[], object]],
) -> Decision:
    from engine.runtime import cost

    # A handle without a dtype may double on its way from its file to the device.
    rough = 2 * sum(map(pool.size, refs)) + roughly

    def blanks() -> list[Any]:
        return [cost.blank(ref, pool.device.dtype_for(ref.dtype)) for ref in refs]

    def computed(chosen: Placement) -> int:
        if chosen.vae.endswith(":host"):  # the lowest resolution, and a few bands
            return roughly // LOWEST + BANDS_AT_A_TIME * (16 << 20)
        try:
            found = blanks()
            return cost.computed(call(found), found, chosen)
        except LoomError as error:  # the node itself says what is wrong
            log.info("What a node takes could not be counted: %s", error)
            return roughly

    kind, budget = pool.device.kind, pool.budget
    return placement.decide(
        *(work, kind, budget), lambda: cost.weights_of(blanks()), computed, rough
    )
