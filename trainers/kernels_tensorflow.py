"""Compute the same training step faster on a CPU: plain matrix products, and gradients written out.

The function is that of KerasHub's BERT; `docs/tried.md` lists the gain of each part. A GPU runs KerasHub's layers.
"""

import math

from bakeoff.classifiers import tensorflow_forward
from bakeoff.classifiers.tensorflow_forward import EPSILON, Bert
from bakeoff.classifiers.transplant import transformers_name
from bakeoff.common.keras_on_tensorflow import keras, keras_hub, tf


class FasterOnCpu(keras.Model):
    """The same classifier on the same variables, to train in place of `classifier`."""

    def __init__(self, classifier: keras_hub.models.BertTextClassifier, seed: int):
        super().__init__()
        self.classifier = classifier
        self._classes = classifier.num_classes
        self._draws = keras.random.SeedGenerator(seed)
        weights = {transformers_name(variable.path): variable.value for variable in classifier.trainable_variables}
        self._bert = TrainedBert(weights, classifier.dropout, self._draws)

    def call(self, features, training=True):
        """Compute the logits (n, k) of KerasHub's features: `token_ids` and `padding_mask` (n, length), int32."""
        bert = self._bert if training else self._bert.without_dropout()
        logits = bert.logits_of(features["token_ids"], features["padding_mask"])
        return tf.ensure_shape(logits, (None, self._classes))


class TrainedBert(Bert):
    """BERT with dropout that passes over large arrays less often than TensorFlow's own gradients.

    Args:
        weights: the variables by name, as `Bert` takes them.
        dropout: the rate, 0 to 1.
        draws: generator of the seeds of dropout.
    """

    def __init__(self, weights, dropout: float, draws: keras.random.SeedGenerator):
        super().__init__(weights, normalize)
        self._dropout, self._draws = dropout, draws

    def without_dropout(self) -> Bert:
        """Return the same function without dropout, as it is served."""
        return Bert(self._weights, tensorflow_forward.normalize)

    def activate(self, rows):
        """Apply the tanh approximation of GELU."""
        return _gelu(rows)

    def drop(self, rows):
        """Apply dropout."""
        if not self._dropout:
            return rows
        kept, larger = self._kept(tf.shape(rows)), 1 / (1 - self._dropout)

        @tf.custom_gradient
        def drop(rows):
            return _where(kept, rows) * larger, lambda gradient: _where(kept, gradient) * larger

        return drop(rows)

    def attend(self, query, key, value, masked):
        """Attend, with dropout on the attention weights."""
        scale, larger = query.shape[-1] ** -0.5, 1 / (1 - self._dropout)

        @tf.custom_gradient
        def attend(query, key, value):
            scaled = query * scale
            weights = tf.nn.softmax(tf.matmul(scaled, key, transpose_b=True) + masked)
            kept = self._kept(tf.shape(weights)) if self._dropout else None
            out = tf.matmul(_where(kept, weights), value) * larger

            def gradients(gradient):
                through_softmax = tf.reduce_sum(gradient * out, -1, keepdims=True)
                gradient *= larger
                with tf.control_dependencies([gradient]):  # computed again, so that the largest arrays need not be kept
                    to_value = tf.matmul(_where(kept, weights), gradient, transpose_a=True)
                    to_weights = _where(kept, tf.matmul(gradient, value, transpose_b=True))
                to_scores = weights * (to_weights - through_softmax)
                return tf.matmul(to_scores, key) * scale, tf.matmul(to_scores, scaled, transpose_a=True), to_value

            return out, gradients

        return attend(query, key, value)

    def _kept(self, shape):
        """Draw the dropout mask, bool: True for kept elements.

        Each element takes 16 random bits, so the share is exact to 1/65536. A float takes twice as many.
        """
        seed = tf.cast(self._draws.next(), tf.int32)
        count = tf.reduce_prod(shape)
        words = tf.random.stateless_uniform(((count + 1) // 2,), seed, minval=None, maxval=None, dtype=tf.int32)
        bits = tf.reshape(tf.bitcast(words, tf.int16), (-1,))[:count]
        least = tf.constant(round(self._dropout * 2**16) - 2**15, tf.int16)
        return tf.reshape(bits, shape) >= least


def _where(kept, values):
    """Return the values that dropout keeps, and 0 elsewhere; None keeps all of them."""
    return values if kept is None else values * tf.cast(kept, values.dtype)


@tf.custom_gradient
def _gelu(rows):
    """Compute GELU as x * sigmoid(2 z) with z = sqrt(2 / pi) * (x + 0.044715 x^3).

    This equals x * (1 + tanh z) / 2 and takes fewer operations.
    """
    linear = 2 * math.sqrt(2 / math.pi)
    cubic = linear * 0.044715
    shares = tf.sigmoid(rows * (linear + cubic * (rows * rows)))

    def gradients(gradient):
        with tf.control_dependencies([gradient]):  # computed again instead of kept
            slopes = tf.raw_ops.SigmoidGrad(y=shares, dy=rows * (linear + 3 * cubic * (rows * rows)))
        return gradient * (shares + slopes)

    return rows * shares, gradients


@tf.custom_gradient
def normalize(rows, scale, offset):
    """Normalize (n, hidden) by layer, with scale and offset (hidden,)."""
    centered = rows - tf.reduce_mean(rows, -1, keepdims=True)
    inverse = tf.math.rsqrt(tf.reduce_mean(centered * centered, -1, keepdims=True) + EPSILON)
    normal = centered * inverse

    def gradients(gradient):
        inner = gradient * scale
        along = tf.reduce_mean(inner * normal, -1, keepdims=True)
        to_rows = inverse * (inner - tf.reduce_mean(inner, -1, keepdims=True) - normal * along)
        return to_rows, tf.reduce_sum(gradient * normal, 0), tf.reduce_sum(gradient, 0)

    return normal * scale + offset, gradients
