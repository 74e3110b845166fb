"""Publish models to the Hugging Face Hub and pull them, pinned and hash-checked."""
