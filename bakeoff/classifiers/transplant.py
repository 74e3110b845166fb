"""Convert BERT weights between transformers' and KerasHub's names and shapes, in both directions."""

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Weight = NDArray[np.float32]

# KerasHub variable path -> transformers parameter name.
_LAYERS = {
    "token_embedding": "bert.embeddings.word_embeddings",
    "position_embedding": "bert.embeddings.position_embeddings",
    "segment_embedding": "bert.embeddings.token_type_embeddings",
    "embeddings_layer_norm": "bert.embeddings.LayerNorm",
    "pooled_dense": "bert.pooler.dense",
    "logits": "classifier",
}
_SUBLAYERS = {
    "self_attention_layer/query": "attention.self.query",
    "self_attention_layer/key": "attention.self.key",
    "self_attention_layer/value": "attention.self.value",
    "self_attention_layer/attention_output": "attention.output.dense",
    "self_attention_layer_norm": "attention.output.LayerNorm",
    "feedforward_intermediate_dense": "intermediate.dense",
    "feedforward_output_dense": "output.dense",
    "feedforward_layer_norm": "output.LayerNorm",
}
_PARAMETERS = {"embeddings": "weight", "kernel": "weight", "gamma": "weight", "bias": "bias", "beta": "bias"}


def transformers_name(path: str) -> str:
    """Return the transformers name of a KerasHub variable.

    Raises:
        KeyError: KerasHub's BertTextClassifier has no variable at this path.
    """
    layer, _, parameter = path.rpartition("/")
    numbered = re.fullmatch(r"transformer_layer_(\d+)/(.+)", layer)
    name = f"bert.encoder.layer.{numbered[1]}.{_SUBLAYERS[numbered[2]]}" if numbered else _LAYERS[layer]
    return f"{name}.{_PARAMETERS[parameter]}"


def to_transformers(weights: Mapping[str, Weight]) -> dict[str, Weight]:
    """Convert KerasHub arrays by variable path to transformers arrays by parameter name.

    KerasHub's kernels have the input dimension first. Those of attention are split by head: (h, heads, d), and
    (heads, d, h) at its output.
    """
    converted = {}
    for path, array in weights.items():
        if path.endswith("kernel"):
            inputs = int(np.prod(array.shape[:-1])) if path.endswith("attention_output/kernel") else array.shape[0]
            array = array.reshape(inputs, -1).T
        elif path.endswith("bias"):
            array = array.reshape(-1)
        converted[transformers_name(path)] = array
    return converted


def to_keras(weights: Mapping[str, Weight], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Weight]:
    """Convert transformers arrays by parameter name to KerasHub arrays of these shapes by variable path."""
    converted = {}
    for path, shape in shapes.items():
        array = weights[transformers_name(path)]
        converted[path] = (array.T if path.endswith("kernel") else array).reshape(shape)
    return converted
