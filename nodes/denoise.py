"""The denoise loop."""

from typing import Annotated

from engine.diffusion.values import Conditioning, Latents, Noise, Scheduler, UNet
from engine.graph.spec import Context, Range, node


@node("diffusion.denoise", label="Denoise")
def denoise(
    context: Context,
    unet: UNet,
    positive: Conditioning,
    latents: Latents,
    noise: Noise,
    scheduler: Scheduler,
    negative: Conditioning | None = None,
    steps: Annotated[int, Range(1, 1000)] = 25,
    guidance: Annotated[float, Range(0, 100)] = 7.5,
) -> Latents:
    """Latents of pictures that show what `positive` says, from pure noise.

    `latents` give size and number. With `negative` joined, each step goes `guidance` times as far
    away from it as `positive` is (classifier-free guidance); up to 1, or without it, nothing is
    guided and a step takes half the time.
    """
    from engine.diffusion.sampling import sample
    from engine.runtime.pool import shared_pool

    with shared_pool().lease(unet) as model:
        return sample(
            model,
            scheduler,
            latents,
            noise,
            positive,
            negative,
            steps=steps,
            guidance=guidance,
            on_step=lambda i, total, *_: context.progress(i + 1, total),
        )
