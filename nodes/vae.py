"""Between latents and pictures."""

from engine.diffusion.values import VAE, Image, Latents
from engine.graph.spec import node


@node("vae.decode", label="Decode")
def decode(vae: VAE, latents: Latents) -> Image:
    """The pictures that latents stand for."""
    from engine.diffusion.latent_codec import decode
    from engine.runtime.pool import shared_pool

    with shared_pool().lease(vae) as model:
        return decode(model, latents)


@node("vae.encode", label="Encode")
def encode(vae: VAE, image: Image) -> Latents:
    """The latents that stand for pictures, their sides multiples of the VAE's factor."""
    from engine.diffusion.latent_codec import encode
    from engine.runtime.pool import shared_pool

    with shared_pool().lease(vae) as model:
        return encode(model, image, vae.space)
