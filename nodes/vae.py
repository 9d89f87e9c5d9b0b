"""Between latents and pictures."""

from engine.diffusion.values import VAE, Image, Latents
from engine.graph.spec import Context, node


@node("vae.decode", label="Decode")
def decode(context: Context, vae: VAE, latents: Latents) -> Image:
    """The pictures that latents stand for."""
    from engine.diffusion.latent_codec import decode
    from engine.runtime.lending import lent_to_decode

    with lent_to_decode(context, vae, latents) as model:
        return decode(model, latents)


@node("vae.encode", label="Encode")
def encode(context: Context, vae: VAE, image: Image) -> Latents:
    """The latents that stand for pictures, their sides multiples of the VAE's factor."""
    from engine.diffusion.latent_codec import encode
    from engine.runtime.lending import lent_to_encode

    with lent_to_encode(context, vae, image) as model:
        return encode(model, image, vae.space)
