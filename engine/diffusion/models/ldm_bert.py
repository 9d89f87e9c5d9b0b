"""LDMBertModel: the text encoder that latent diffusion's text-to-image model was trained with.

A BERT-like transformer (Devlin et al. 2018) with the norms before its layers, trained together with
the UNet (Rombach et al. 2022, section 4.3.1). Its tokens are BERT's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.attention_backends import attend
from engine.diffusion.models.config import ModelConfig
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class LDMBertConfig(ModelConfig):
    """Shapes of an LDMBertModel, with the defaults of the published `config.json`.

    Fields of training and of the library that wrote the file say nothing about the numbers and are
    left out.
    """

    class_name: ClassVar[str] = "LDMBertModel"
    inert: ClassVar[Mapping[str, tuple[object, ...]]] = {
        "activation_function": ("gelu",),
        "scale_embedding": (False,),
    }

    vocab_size: int = 30522
    max_position_embeddings: int = 77
    encoder_layers: int = 32
    encoder_ffn_dim: int = 5120
    encoder_attention_heads: int = 8
    head_dim: int = 64
    d_model: int = 1280
    pad_token_id: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a parsed `config.json`. Raises LoomError for a value that is not supported."""
        known = {*cls.inert, *(field.name for field in fields(cls))}
        return super().from_json({name: v for name, v in data.items() if name in known})

    def to_json(self) -> dict[str, Any]:
        """The `config.json` content that the reference library reads too."""
        values = {name: v for name, v in super().to_json().items() if name != "_class_name"}
        return {"architectures": [self.class_name], "model_type": "ldmbert", **values}

    @property
    def num_hidden_layers(self) -> int:
        """Layers, by the name that text encoders have it under."""
        return self.encoder_layers


@dataclass(frozen=True)
class TextStates:
    """What a text encoder gives: its last states (B, L, D), and all if they were asked for."""

    last_hidden_state: Tensor
    hidden_states: tuple[Tensor, ...] | None = None


class SelfAttention(nn.Module):
    """Tokens (B, L, D) attend to one another; heads times their width need not be D."""

    def __init__(self, config: LDMBertConfig) -> None:
        super().__init__()
        self.heads = config.encoder_attention_heads
        inner = self.heads * config.head_dim
        self.k_proj = nn.Linear(config.d_model, inner, bias=False)
        self.v_proj = nn.Linear(config.d_model, inner, bias=False)
        self.q_proj = nn.Linear(config.d_model, inner, bias=False)
        self.out_proj = nn.Linear(inner, config.d_model)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            projected.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, heads, L, d)
            for projected in (self.q_proj(x), self.k_proj(x), self.v_proj(x))
        )
        return self.out_proj(attend(q, k, v).transpose(1, 2).flatten(2))


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, each pre-normalised and residual."""

    def __init__(self, config: LDMBertConfig) -> None:
        super().__init__()
        self.self_attn = SelfAttention(config)
        self.self_attn_layer_norm = nn.LayerNorm(config.d_model)
        self.fc1 = nn.Linear(config.d_model, config.encoder_ffn_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_dim, config.d_model)
        self.final_layer_norm = nn.LayerNorm(config.d_model)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.self_attn_layer_norm(x))
        return x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x))))


class Encoder(nn.Module):
    """Embeddings of words and places, the layers, and a norm."""

    def __init__(self, config: LDMBertConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.d_model)
        self.embed_positions = nn.Embedding(config.max_position_embeddings, config.d_model)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        self.layer_norm = nn.LayerNorm(config.d_model)

    def forward(self, ids: Tensor) -> tuple[Tensor, ...]:
        """The states before each layer and after the last, none of them normalised."""
        x = self.embed_tokens(ids) + self.embed_positions.weight[: ids.shape[1]]
        states = [x]
        for layer in self.layers:
            states.append(layer(states[-1]))
        return tuple(states)


class LDMBertModel(nn.Module):
    """Token ids to hidden states. `to_logits` served its training alone and lies in its files."""

    def __init__(self, config: LDMBertConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Encoder(config)
        self.to_logits = nn.Linear(config.d_model, config.vocab_size)

    @classmethod
    def from_config(cls, data: Mapping[str, Any]) -> Self:
        """Build from a parsed `config.json`, with fresh random weights."""
        return cls(LDMBertConfig.from_json(data))

    @property
    def device(self) -> torch.device:
        return self.to_logits.weight.device

    @property
    def final_layer_norm(self) -> nn.Module:
        """The norm after the last layer."""
        return self.model.layer_norm

    def forward(self, ids: Tensor, *, output_hidden_states: bool = False) -> TextStates:
        """States (B, L, d_model) of token ids (B, L), padding included: it was trained so.

        `hidden_states` are those before each layer and after the last, before the final norm.
        Raises LoomError for more tokens than it has places.
        """
        places = self.config.max_position_embeddings
        if ids.shape[1] > places:
            raise LoomError(
                f"This text encoder reads {places} tokens, and {ids.shape[1]} were given.",
                field="prompt",
                remedy="Set the tokenizer's model_max_length to what the encoder reads.",
            )
        states = self.model(ids)
        last = self.model.layer_norm(states[-1])
        return TextStates(last, states if output_hidden_states else None)
