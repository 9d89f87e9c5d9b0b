"""From prompts to embeddings: plain CLIP encoding, and weighted words through compel."""
