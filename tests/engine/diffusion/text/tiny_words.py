"""Tiny BLIP and T5 models of random weights, in the folders they are published in."""

import json
from pathlib import Path

import torch

WORDS = [
    *("a", "the", "picture", "photograph", "of", "dog", "cat", "red", "fish", "on", "blue"),
    *("background", "write", "caption", "for"),
]


def write_blip(folder: Path, seed: int = 0) -> Path:
    """A captioner: configuration, weights, image processor and BERT tokenizer in one folder."""
    from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    small = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    text = {
        **small,
        # The token that begins a caption is not in the vocabulary, nor is one that BLIP never says.
        "vocab_size": len(vocabulary) + 2,
        "encoder_hidden_size": 16,
        "max_position_embeddings": 48,
        "bos_token_id": len(vocabulary),
        "eos_token_id": 2,
        "sep_token_id": 3,
        "pad_token_id": 0,
        "initializer_range": 0.5,
    }
    vision = {**small, "image_size": 16, "patch_size": 4, "initializer_range": 0.5}
    torch.manual_seed(seed)
    config = BlipConfig(text_config=text, vision_config=vision, projection_dim=16)
    BlipForConditionalGeneration(config).save_pretrained(folder)
    preparation = {
        "image_processor_type": "BlipImageProcessor",
        "processor_class": "BlipProcessor",
        "do_normalize": True,
        "do_resize": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "resample": 3,
        "size": {"height": 16, "width": 16},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(preparation))
    return folder


def write_t5(folder: Path, seed: int = 0) -> Path:
    """A text generator: configuration, weights and a unigram tokenizer in one folder."""
    from tokenizers import Tokenizer
    from tokenizers.decoders import Metaspace as Joined
    from tokenizers.models import Unigram
    from tokenizers.pre_tokenizers import Metaspace
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    pieces = ["<pad>", "</s>", "<unk>", "▁", *(f"▁{word}" for word in WORDS)]
    words = Tokenizer(Unigram([(piece, -float(k)) for k, piece in enumerate(pieces)], 2))
    words.pre_tokenizer, words.decoder = Metaspace(), Joined()
    words.post_processor = TemplateProcessing("$A </s>", special_tokens=[("</s>", 1)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=len(pieces),
        d_model=16,
        d_kv=8,
        d_ff=32,
        num_layers=2,
        num_heads=2,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        decoder_start_token_id=0,
        initializer_factor=1.0,
    )
    T5ForConditionalGeneration(config).save_pretrained(folder)
    return folder
