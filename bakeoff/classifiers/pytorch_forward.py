"""BERT's forward pass in PyTorch, written with the operations that a processor runs fastest.

The file mirrors tensorflow_forward.py operation by operation. transformers' layers compute the same through MKL, which
is a fifth slower than oneDNN on AMD processors, and compute GELU in a separate pass. Here the weights are brought into
oneDNN's own order once, and oneDNN adds bias and GELU during the multiplication.
"""

import os
from collections.abc import Mapping

# oneDNN caches half a megabyte per operation and shape, and texts have many shapes. Its default limit of 1,024 entries
# is half a gigabyte. A quarter of that makes nothing slower (docs/tried.md). TensorFlow's oneDNN reads the same
# variable, but caches almost nothing with either limit.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256")

import torch
from torch import Tensor
from torch.nn import functional

GELU = {"gelu_pytorch_tanh": "tanh", "gelu_new": "tanh", "gelu": "none"}  # transformers' names, and PyTorch's
ROWS = 2048  # number of rows that oneDNN optimizes the order of the weights for; other numbers work too


def is_available(activation: str) -> bool:
    """Return whether this build of PyTorch and this activation support the forward pass."""
    return bool(torch.backends.mkldnn.is_available()) and activation in GELU  # type: ignore[no-untyped-call]


class Forward:
    """The forward pass on the processor.

    Args:
        weights: transformers' parameters. Those of linear layers are copied.
        heads: number of attention heads.
        activation: transformers' `hidden_act`, one of GELU.
        epsilon: epsilon of the layer norms.
    """

    def __init__(self, weights: Mapping[str, torch.Tensor], heads: int, activation: str, epsilon: float) -> None:
        self._weights = {name: weight.detach() for name, weight in weights.items()}
        self._packed = {name: _pack(weight) for name, weight in self._weights.items() if _is_linear(name)}
        self._heads, self._gelu, self._epsilon = heads, GELU[activation], epsilon
        self._layers = len({name.split(".")[3] for name in weights if name.startswith("bert.encoder.layer.")})

    @torch.inference_mode()
    def logits(self, token_ids: torch.Tensor, padding_mask: torch.Tensor) -> torch.Tensor:
        """Return the logits (n, k) of token ids (n, length) and their mask, both int32."""
        batch, length = token_ids.shape
        masked = None if padding_mask.all() else padding_mask.bool()[:, None, None, :]
        hidden = self._embeddings(token_ids, length)
        for layer in range(self._layers):
            # Only the first token's output of the last layer is used.
            queries = hidden[::length] if layer == self._layers - 1 else hidden
            hidden = self._layer(f"bert.encoder.layer.{layer}", queries, hidden, masked, batch)
        return self._linear("classifier", torch.tanh(self._linear("bert.pooler.dense", hidden)))

    def _embeddings(self, token_ids: Tensor, length: int) -> Tensor:
        """Return the tokens' vectors (n * length, hidden)."""
        words, positions, segments = (
            self._weights[f"bert.embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
        )
        hidden = functional.embedding(token_ids, words) + (positions[:length] + segments[0])
        return self._norm("bert.embeddings.LayerNorm", hidden.flatten(0, 1))

    def _layer(self, name: str, queries: Tensor, hidden: Tensor, masked: Tensor | None, batch: int) -> Tensor:
        """Apply one encoder layer, in which `queries` (q, hidden) attend to all of `hidden` (n * length, hidden)."""
        attended = self._linear(f"{name}.attention.output.dense", self._attention(name, queries, hidden, masked, batch))
        queries = self._norm(f"{name}.attention.output.LayerNorm", attended.add_(queries))
        inner = self._linear(f"{name}.intermediate.dense", queries, "gelu")
        return self._norm(f"{name}.output.LayerNorm", self._linear(f"{name}.output.dense", inner).add_(queries))

    def _attention(self, name: str, queries: Tensor, hidden: Tensor, masked: Tensor | None, batch: int) -> Tensor:
        def heads(part: str, rows: Tensor) -> Tensor:
            """Return a projection as (n, heads, rows of a text, size)."""
            projected = self._linear(f"{name}.attention.self.{part}", rows)
            return projected.view(batch, -1, self._heads, projected.shape[1] // self._heads).transpose(1, 2)

        query, key, value = heads("query", queries), heads("key", hidden), heads("value", hidden)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=masked)
        return mixed.transpose(1, 2).reshape(queries.shape)

    def _linear(self, name: str, rows: Tensor, activation: str = "none") -> Tensor:
        packed, bias = self._packed[f"{name}.weight"], self._weights[f"{name}.bias"]
        product: Tensor = torch.ops.mkldnn._linear_pointwise(rows, packed, bias, activation, [], self._gelu)
        return product

    def _norm(self, name: str, rows: Tensor) -> Tensor:
        scale, offset = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(rows, scale.shape, scale, offset, self._epsilon)


def _is_linear(name: str) -> bool:
    return name.endswith(".weight") and not name.endswith(("_embeddings.weight", "LayerNorm.weight"))


def _pack(weight: torch.Tensor) -> torch.Tensor:
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), ROWS)
    return packed
