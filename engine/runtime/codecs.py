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

from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.guidance.instruct_pix2pix import InstructPix2Pix
from engine.diffusion.hooks.follow import Follow
from engine.diffusion.hooks.keep_outside import KeepOutside
from engine.diffusion.hooks.record_attention import RecordAttention
from engine.diffusion.opened.values import Prediction
from engine.diffusion.values import HANDLES, TENSOR_KINDS, ModelRef
from engine.graph import codecs
from engine.graph.errors import CacheError

FIELDS = "fields"


def tensor_codec(python: type) -> codecs.Codec:
    """The codec of a dataclass whose fields are tensors, plain JSON values or tuples of them.

    A field may hold another value of the same class, as a chain does.
    """

    def encode(value: Any) -> bytes:
        from safetensors.torch import save

        tensors: dict[str, Any] = {}
        others = _taken_apart(value, "", tensors)
        return save(tensors, metadata={FIELDS: json.dumps(others)})

    def decode(data: bytes) -> Any:
        from safetensors.torch import load

        length = struct.unpack("<Q", data[:8])[0]
        others = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][FIELDS])
        return _put_together(python, others, "", load(data))

    return codecs.Codec(python.__name__, python, encode, decode)


def _taken_apart(value: Any, prefix: str, tensors: dict[str, Any]) -> dict[str, Any]:
    """The plain fields; the tensors go to `tensors` under their path of fields."""
    others: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        if hasattr(content, "untyped_storage"):
            tensors[prefix + field.name] = content.detach().cpu().contiguous()
        elif isinstance(content, type(value)):
            others[field.name] = _taken_apart(content, f"{prefix}{field.name}.", tensors)
        else:
            others[field.name] = list(content) if isinstance(content, tuple) else content
    return others


def _put_together(
    python: type, others: dict[str, Any], prefix: str, tensors: dict[str, Any]
) -> Any:
    fields: dict[str, Any] = {}
    for name, content in others.items():
        if isinstance(content, dict):
            content = _put_together(python, content, f"{prefix}{name}.", tensors)
        fields[name] = tuple(content) if isinstance(content, list) else content
    here = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
    return python(**fields, **{name: t for name, t in here.items() if "." not in name})


def model_codec(python: type[ModelRef]) -> codecs.Codec:
    """The codec of a handle; it comes back only while the model is where it was.

    Patches are kept where they are kinds of plain values; with others the handle is made again.
    """

    def encode(value: ModelRef) -> bytes:
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        patches = codecs.encode(value.patches)
        fields["patches"] = patches[1].decode() if patches else None
        return json.dumps(fields).encode()

    def decode(data: bytes) -> ModelRef:
        fields = json.loads(data)
        root = Path(fields["folder"])  # or a single file
        if not (root.is_file() or (root / fields["subfolder"]).is_dir()):
            raise CacheError(f"The model is no longer in {fields['folder']}.")
        if fields["patches"] is None:
            raise CacheError("The model's patches are not kept.")
        fields["patches"] = codecs.decode("json", fields["patches"].encode())
        return python(**fields)

    return codecs.Codec(python.__name__, python, encode, decode)


_HOOKS = (KeepOutside, Follow, RecordAttention)
for _python in (*TENSOR_KINDS, Prediction, *_HOOKS, ClassifierFree, InstructPix2Pix):
    codecs.register(tensor_codec(_python))
for _handle in HANDLES:
    codecs.register(model_codec(_handle))
