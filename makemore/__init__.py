"""makemore: train character-level language models on your text, and make more things like it."""

__version__ = "0.1.0"
