"""BERT's forward pass in PyTorch, written as the operations that a processor runs fastest.

Reads operation for operation like tensorflow_forward.py. transformers' layers compute the same through MKL, which is a
fifth slower on AMD processors than oneDNN, with GELU as a pass of its own; here oneDNN multiplies by weights that were
brought into its own order once, and adds bias and GELU on the way.
"""

import os
from collections.abc import Mapping

# oneDNN keeps half a megabyte for each operation on each shape, and texts have many: its own limit of 1,024 is half a
# gigabyte. With a quarter of it nothing takes longer (benchmarks/README.md). TensorFlow's oneDNN reads this too, and
# keeps next to nothing either way.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")

import torch
from torch.nn import functional

GELU = {"gelu_pytorch_tanh": "tanh", "gelu_new": "tanh", "gelu": "none"}  # transformers' names, and PyTorch's
ROWS = 2048  # of the products that oneDNN arranges the weights for; others work as well


def is_available(activation: str) -> bool:
    """Whether this build of PyTorch and this activation allow it."""
    return torch.backends.mkldnn.is_available() and activation in GELU


class Forward:
    """Logits of padded batches, on the processor.

    Args:
        weights: transformers' parameters. Those of linear layers are copied.
        heads: of the attention.
        activation: transformers' `hidden_act`, one of GELU.
        epsilon: of the layer norms.
    """

    def __init__(self, weights: Mapping[str, torch.Tensor], heads: int, activation: str, epsilon: float):
        self._weights = {name: weight.detach() for name, weight in weights.items()}
        self._packed = {name: _pack(weight) for name, weight in self._weights.items() if _is_linear(name)}
        self._heads, self._gelu, self._epsilon = heads, GELU[activation], epsilon
        self._layers = len({name.split(".")[3] for name in weights if name.startswith("bert.encoder.layer.")})

    @torch.inference_mode()
    def logits(self, token_ids: torch.Tensor, padding_mask: torch.Tensor) -> torch.Tensor:
        """Logits (n, k) of token ids (n, length) and their mask, int32."""
        batch, length = token_ids.shape
        masked = None if padding_mask.all() else padding_mask.bool()[:, None, None, :]
        hidden = self._embeddings(token_ids, length)
        for layer in range(self._layers):
            # Of the last layer only the first token's output is used.
            queries = hidden[::length] if layer == self._layers - 1 else hidden
            hidden = self._layer(f"bert.encoder.layer.{layer}", queries, hidden, masked, batch)
        return self._linear("classifier", torch.tanh(self._linear("bert.pooler.dense", hidden)))

    def _embeddings(self, token_ids, length):
        """The tokens' vectors, (n * length, hidden)."""
        words, positions, segments = (
            self._weights[f"bert.embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
        )
        hidden = functional.embedding(token_ids, words) + (positions[:length] + segments[0])
        return self._norm("bert.embeddings.LayerNorm", hidden.flatten(0, 1))

    def _layer(self, name, queries, hidden, masked, batch):
        """One encoder layer: `queries` (q, hidden) look at all of `hidden` (n * length, hidden)."""
        attended = self._linear(f"{name}.attention.output.dense", self._attention(name, queries, hidden, masked, batch))
        queries = self._norm(f"{name}.attention.output.LayerNorm", attended.add_(queries))
        inner = self._linear(f"{name}.intermediate.dense", queries, "gelu")
        return self._norm(f"{name}.output.LayerNorm", self._linear(f"{name}.output.dense", inner).add_(queries))

    def _attention(self, name, queries, hidden, masked, batch):
        def heads(part, rows):
            """(n, heads, rows of a text, size)"""
            projected = self._linear(f"{name}.attention.self.{part}", rows)
            return projected.view(batch, -1, self._heads, projected.shape[1] // self._heads).transpose(1, 2)

        query, key, value = heads("query", queries), heads("key", hidden), heads("value", hidden)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=masked)
        return mixed.transpose(1, 2).reshape(queries.shape)

    def _linear(self, name, rows, activation="none"):
        packed, bias = self._packed[f"{name}.weight"], self._weights[f"{name}.bias"]
        return torch.ops.mkldnn._linear_pointwise(rows, packed, bias, activation, [], self._gelu)

    def _norm(self, name, rows):
        scale, offset = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(rows, scale.shape, scale, offset, self._epsilon)


def _is_linear(name: str) -> bool:
    return name.endswith(".weight") and not name.endswith(("_embeddings.weight", "LayerNorm.weight"))


def _pack(weight: torch.Tensor) -> torch.Tensor:
    return torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), ROWS)
