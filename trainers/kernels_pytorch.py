"""Compute the same training step faster on a CPU: attention text by text, and dense layers with oneDNN.

The functions are those of transformers' BERT; `docs/tried.md` lists the gain of each. PyTorch has better ones for GPUs.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import torch
import transformers

ATTENTION = "text_by_text"
CACHED_WEIGHTS = 2**20  # attention weights computed at a time: 4 MiB


@contextmanager
def faster_on_cpu(model: transformers.PreTrainedModel) -> Iterator[None]:
    """Use these kernels inside the block. Afterwards the model is the stock model again, with its trained weights."""
    attention = model.config._attn_implementation
    faster: dict[type[torch.nn.Module], type[torch.nn.Module]] = {torch.nn.Dropout: BitsDropout}
    if hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        faster[torch.nn.Linear] = OneDnnLinear
    stock = [(module, type(module)) for module in model.modules() if type(module) in faster]
    last = model.base_model.encoder.layer[-1]
    model.set_attn_implementation(ATTENTION)
    last.forward = partial(_first_tokens, last)
    for module, kind in stock:
        module.__class__ = faster[kind]
    try:
        yield
    finally:
        del last.forward
        model.set_attn_implementation(attention)
        for module, kind in stock:
            module.__class__ = kind


class TextByTextAttention(torch.autograd.Function):
    """Scaled dot-product attention with dropout, text by text and a few heads at a time.

    PyTorch's fused kernel for CPUs has no dropout, and the plain one passes a dozen times over (texts, heads, n, n)
    arrays in main memory. The arrays of a few heads stay in the cache and need no mask for padding. The backward
    pass computes them again instead of reading them, as Dao et al. 2022 ("FlashAttention") do.
    """

    @staticmethod
    def forward(ctx, query, key, value, lengths, dropout, scale):
        """Attend to arrays of shape (texts, heads, n, d); `lengths` counts each text's tokens before the padding."""
        query, out, kept = query * scale, torch.zeros_like(query), []
        for text, heads, n in _blocks(lengths, query.shape[1]):
            weights = _softmax(query[text, heads, :n], key[text, heads, :n])
            if dropout:
                kept.append(_kept(weights.shape, dropout))
                weights.mul_(kept[-1].to(weights.dtype))
            out[text, heads, :n] = weights @ value[text, heads, :n]
        out.div_(1 - dropout)
        ctx.save_for_backward(query, key, value, out, *kept)
        ctx.settings = lengths, dropout, scale
        return out

    @staticmethod
    def backward(ctx, gradient):
        """Return the gradients of query, key and value; they are zero at the padding."""
        query, key, value, out, *kept = ctx.saved_tensors
        lengths, dropout, scale = ctx.settings
        to_query, to_key, to_value = (torch.zeros_like(array) for array in (query, key, value))
        through_softmax = (gradient * out).sum(-1, keepdim=True)  # per row: its weights times their gradients
        gradient = gradient / (1 - dropout)
        for block, (text, heads, n) in enumerate(_blocks(lengths, query.shape[1])):
            q, k, v, g = (array[text, heads, :n] for array in (query, key, value, gradient))
            weights, to_weights = _softmax(q, k), g @ v.transpose(1, 2)
            dropped = weights
            if dropout:
                mask = kept[block].to(weights.dtype)
                to_weights.mul_(mask)
                dropped = mask.mul_(weights)
            to_value[text, heads, :n] = dropped.transpose(1, 2) @ g
            to_scores = to_weights.sub_(through_softmax[text, heads, :n]).mul_(weights)
            to_query[text, heads, :n] = to_scores @ k
            to_key[text, heads, :n] = to_scores.transpose(1, 2) @ q
        return to_query.mul_(scale), to_key, to_value, None, None, None


class BitsDropout(torch.nn.Dropout):
    """Dropout that draws its mask as the attention above does."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Drop elements of a float32 array of any shape."""
        if not (self.training and self.p):
            return inputs
        return inputs * _kept(inputs.shape, self.p).to(inputs.dtype).div_(1 - self.p)


class OneDnnLinear(torch.nn.Linear):
    """A dense layer that uses oneDNN where it is faster than MKL: for all products but the weights' gradient."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (..., in) to (..., out), float32."""
        return _OneDnnProduct.apply(inputs, self.weight, self.bias)


class _OneDnnProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx, inputs, weight, bias):
        ctx.save_for_backward(inputs, weight)
        return _product(inputs, weight, bias)

    @staticmethod
    def backward(ctx, gradient):
        inputs, weight = ctx.saved_tensors
        rows = gradient.reshape(-1, gradient.shape[-1])
        return _product(gradient, weight.t()), rows.t() @ inputs.reshape(-1, inputs.shape[-1]), rows.sum(0)


def _product(inputs: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    return torch.ops.mkldnn._linear_pointwise(inputs, weight, bias, "none", [], "")


def _blocks(lengths: Sequence[int], heads: int) -> Iterator[tuple[int, slice, int]]:
    """Yield each text with a group of heads whose weights fit the cache together, and its number of tokens."""
    for text, n in enumerate(lengths):
        together = max(1, CACHED_WEIGHTS // n**2)
        for first in range(0, heads, together):
            yield text, slice(first, first + together), n


def _softmax(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    scores = query @ key.transpose(1, 2)
    return torch.softmax(scores, dim=-1, out=scores)


def _kept(shape: torch.Size, dropout: float) -> torch.Tensor:
    """Draw the dropout mask, uint8: 1 for kept elements.

    Each element takes 16 random bits, so the share is exact to 1/65536. `bernoulli_` takes longer.
    """
    count = shape.numel()
    bits = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)[:count]
    kept = bits.view(shape) >= round(dropout * 2**16) - 2**15
    return kept.view(torch.uint8)  # uint8 becomes float32 in a fifth of the time that bool takes


def _attention(module, query, key, value, lengths, dropout=0.0, scaling=None, **_):
    """Attend with the signature and shapes of transformers: (texts, heads, n, d) in, (texts, n, heads, d) out."""
    return TextByTextAttention.apply(query, key, value, lengths, dropout, scaling).transpose(1, 2), None


def _first_tokens(layer, hidden, lengths, *_, **__):
    """Compute the last layer only at the texts' first tokens, (texts, 1, hidden), because the head reads no others."""
    attention, first = layer.attention.self, hidden[:, :1]

    def heads(projection, rows):
        return projection(rows).unflatten(-1, (attention.num_attention_heads, -1)).transpose(1, 2)

    query, key, value = heads(attention.query, first), heads(attention.key, hidden), heads(attention.value, hidden)
    dropout = attention.dropout.p if layer.training else 0.0
    attended, _ = _attention(attention, query, key, value, lengths, dropout, attention.scaling)
    return layer.feed_forward_chunk(layer.attention.output(attended.flatten(2), first))


def _lengths(attention_mask: torch.Tensor, **_) -> list[int]:
    """Count each text's tokens, which `_attention` takes as its mask, from a mask with 1 for tokens before padding."""
    return attention_mask.sum(dim=1).tolist()


transformers.AttentionInterface.register(ATTENTION, _attention)
transformers.AttentionMaskInterface.register(ATTENTION, _lengths)
