"""BERT's forward pass in TensorFlow, written with the operations that a processor runs fastest.

The file mirrors pytorch_forward.py operation by operation. KerasHub's layers compute the same by einsum, with
transpositions around each product and separate passes for bias and GELU. TensorFlow fuses the product, bias and GELU
below into one operation.
"""

from collections.abc import Callable, Mapping
from functools import cache

from bakeoff.common.keras_on_tensorflow import tf

EPSILON = 1e-12  # epsilon of KerasHub's layer norms
MASKED = -1e9  # added to the attention score of a padding token, so that its weight becomes 0

Normalization = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


class Bert:
    """The operations of one forward pass, which are traced into a graph.

    Args:
        weights: KerasHub's variables by transformers' names. They are read in each call and not copied.
        normalize: the layer norm of rows (n, hidden), with scale and offset (hidden,).
    """

    def __init__(self, weights: Mapping[str, tf.Variable], normalize: Normalization) -> None:
        self._weights, self._normalize = weights, normalize
        self._hidden, self._heads, _ = weights["bert.encoder.layer.0.attention.self.query.weight"].shape
        self._layers = len({name.split(".")[3] for name in weights if name.startswith("bert.encoder.layer.")})

    def logits_of(self, token_ids: tf.Tensor, padding_mask: tf.Tensor) -> tf.Tensor:
        """Return the logits (n, k) of token ids (n, length) and their mask, both int32."""
        batch, length = tf.unstack(tf.shape(token_ids))
        masked = (1 - tf.cast(padding_mask, tf.float32))[:, None, None, :] * MASKED
        hidden = self._embeddings(token_ids, length)
        for layer in range(self._layers):
            # Only the first token's output of the last layer is used.
            queries = hidden[::length] if layer == self._layers - 1 else hidden
            hidden = self._layer(f"bert.encoder.layer.{layer}", queries, hidden, masked, batch)
        return self._linear("classifier", self.drop(tf.tanh(self._linear("bert.pooler.dense", hidden))))

    def activate(self, rows: tf.Tensor) -> tf.Tensor:
        """Apply the tanh approximation of GELU."""
        return tf.nn.gelu(rows, approximate=True)

    def drop(self, rows: tf.Tensor) -> tf.Tensor:
        """Return the rows unchanged, because a trained model has no dropout."""
        return rows

    def attend(self, query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, masked: tf.Tensor) -> tf.Tensor:
        """Apply attention of queries (n, heads, q, size) to keys and values (n, heads, length, size).

        `masked` is added to the scores.
        """
        shares = tf.nn.softmax(tf.matmul(query * query.shape[-1] ** -0.5, key, transpose_b=True) + masked)
        return tf.matmul(shares, value)

    def _embeddings(self, token_ids: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
        """Return the tokens' vectors (n * length, hidden)."""
        words, positions, segments = (
            self._weights[f"bert.embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
        )
        hidden = tf.gather(words, token_ids) + (positions[:length] + segments[0])
        return self.drop(self._norm("bert.embeddings.LayerNorm", tf.reshape(hidden, (-1, self._hidden))))

    def _layer(
        self, name: str, queries: tf.Tensor, hidden: tf.Tensor, masked: tf.Tensor, batch: tf.Tensor
    ) -> tf.Tensor:
        """Apply one encoder layer, in which `queries` (q, hidden) attend to all of `hidden` (n * length, hidden)."""
        attended = self._linear(f"{name}.attention.output.dense", self._attention(name, queries, hidden, masked, batch))
        queries = self._norm(f"{name}.attention.output.LayerNorm", self.drop(attended) + queries)
        inner = self.activate(self._linear(f"{name}.intermediate.dense", queries))
        return self._norm(f"{name}.output.LayerNorm", self.drop(self._linear(f"{name}.output.dense", inner)) + queries)

    def _attention(
        self, name: str, queries: tf.Tensor, hidden: tf.Tensor, masked: tf.Tensor, batch: tf.Tensor
    ) -> tf.Tensor:
        size = self._hidden // self._heads

        def heads(part: str, rows: tf.Tensor) -> tf.Tensor:
            """Return a projection as (n, heads, rows of a text, size)."""
            projected = self._linear(f"{name}.attention.self.{part}", rows)
            return tf.transpose(tf.reshape(projected, (batch, -1, self._heads, size)), (0, 2, 1, 3))

        attended = self.attend(heads("query", queries), heads("key", hidden), heads("value", hidden), masked)
        return tf.reshape(tf.transpose(attended, (0, 2, 1, 3)), (-1, self._hidden))

    def _linear(self, name: str, rows: tf.Tensor) -> tf.Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        outputs = tf.size(bias)
        return tf.nn.bias_add(tf.matmul(rows, tf.reshape(weight, (-1, outputs))), tf.reshape(bias, (-1,)))

    def _norm(self, name: str, rows: tf.Tensor) -> tf.Tensor:
        return self._normalize(rows, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])


class Forward:
    """The forward pass as one graph.

    Args:
        weights: KerasHub's variables by transformers' names.
        on_processor: whether the graph runs on the processor and not on a GPU.
    """

    def __init__(self, weights: Mapping[str, tf.Variable], on_processor: bool = True) -> None:
        bert = Bert(weights, normalize_in_one if on_processor and fuses_layer_norms() else normalize)
        ids = tf.TensorSpec((None, None), tf.int32)
        # One graph serves every shape. Autograph is off, because there are no Python loops or conditions to rewrite.
        self.logits = tf.function(bert.logits_of, input_signature=(ids, ids), autograph=False)


def normalize(rows: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Apply the layer norm to rows (n, hidden)."""
    mean, variance = tf.nn.moments(rows, axes=-1, keepdims=True)
    return tf.nn.batch_normalization(rows, mean, variance, offset, scale, EPSILON)


def normalize_in_one(rows: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Apply the layer norm as one operation: the batch norm of an image with n channels."""
    shape = tf.shape(rows)
    channels, image = shape[:1], tf.reshape(rows, tf.concat([[1], shape, [1]], axis=0))
    none = tf.constant([], tf.float32)
    normal = tf.raw_ops.FusedBatchNormV3(
        x=image,
        scale=tf.fill(channels, 1.0),
        offset=tf.fill(channels, 0.0),
        mean=none,
        variance=none,
        epsilon=EPSILON,
        data_format="NCHW",
        is_training=True,
    )
    return tf.reshape(normal.y, shape) * scale + offset


@cache
def fuses_layer_norms() -> bool:
    """Return whether `normalize_in_one` runs on this processor; oneDNN's kernels support it, TensorFlow's own don't."""
    with tf.device("CPU"):
        rows = tf.random.stateless_uniform((3, 4), seed=(0, 0))
        try:
            fused = tf.function(normalize_in_one, autograph=False)(rows, tf.ones(4), tf.zeros(4))
        except tf.errors.OpError:
            return False
        return bool(tf.reduce_max(abs(fused - normalize(rows, tf.ones(4), tf.zeros(4)))) < 1e-5)
