"""How values with tensors, and model handles, are kept on disk: importing this registers the ways.

A value with tensors becomes a safetensors file whose metadata holds its other fields, so what comes
back is the same to the last bit; a picture format would round it.
"""

from __future__ import annotations

import dataclasses
import json
import struct
from pathlib import Path
from typing import Any

from engine.diffusion.values import TENSOR_KINDS, VAE, ModelRef, TextEncoder, Tokenizer, UNet
from engine.graph import codecs
from engine.graph.errors import CacheError

FIELDS = "fields"


def tensor_codec(python: type) -> codecs.Codec:
    """The codec of a dataclass whose fields are tensors, None, or plain JSON values and tuples."""

    def encode(value: Any) -> bytes:
        from safetensors.torch import save

        tensors: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for field in dataclasses.fields(value):
            content = getattr(value, field.name)
            if hasattr(content, "untyped_storage"):
                tensors[field.name] = content.detach().cpu().contiguous()
            else:
                others[field.name] = list(content) if isinstance(content, tuple) else content
        return save(tensors, metadata={FIELDS: json.dumps(others)})

    def decode(data: bytes) -> Any:
        from safetensors.torch import load

        length = struct.unpack("<Q", data[:8])[0]
        others = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][FIELDS])
        fields = {name: tuple(v) if isinstance(v, list) else v for name, v in others.items()}
        return python(**fields, **load(data))

    return codecs.Codec(python.__name__, python, encode, decode)


def model_codec(python: type[ModelRef]) -> codecs.Codec:
    """The codec of a handle; it comes back only while the folder is where it was.

    Patches are kept where they are kinds of plain values; with others the handle is made again.
    """

    def encode(value: ModelRef) -> bytes:
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        patches = codecs.encode(value.patches)
        fields["patches"] = patches[1].decode() if patches else None
        return json.dumps(fields).encode()

    def decode(data: bytes) -> ModelRef:
        fields = json.loads(data)
        if not Path(fields["folder"], fields["subfolder"]).is_dir():
            raise CacheError(f"The model is no longer in {fields['folder']}.")
        if fields["patches"] is None:
            raise CacheError("The model's patches are not kept.")
        fields["patches"] = codecs.decode("json", fields["patches"].encode())
        return python(**fields)

    return codecs.Codec(python.__name__, python, encode, decode)


for _python in TENSOR_KINDS:
    codecs.register(tensor_codec(_python))
for _handle in (UNet, VAE, TextEncoder, Tokenizer):
    codecs.register(model_codec(_handle))
