"""Compile or export the documented PyTorch model; each function returns a model that is called alike."""

from typing import Any

import torch


def compiled(model: Any) -> Any:
    """Compile the model at its first call, for any batch size and length."""
    return torch.compile(model, dynamic=True)


def exported(model: Any) -> Any:
    """Export the model as a program for any batch size and length, and return it as a module."""
    ids, mask = torch.ones(2, 2, 8, dtype=torch.int64).unbind()
    mask[-1, 4:] = 0  # transformers drops a mask of only ones
    longest = model.config.max_position_embeddings
    free = {0: torch.export.Dim("batch", min=1), 1: torch.export.Dim("length", min=2, max=longest)}
    shapes = {"input_ids": free, "attention_mask": free}
    example = {"input_ids": ids, "attention_mask": mask}
    return torch.export.export(model, (), example, dynamic_shapes=shapes).module()
