"""Test that the trainers' faster kernels match TensorFlow's own, forward and backward, with and without dropout."""

import numpy as np
import pytest

from bakeoff.classifiers import tensorflow_forward as served
from bakeoff.common.keras_on_tensorflow import keras, tf
from trainers import kernels_tensorflow as kernels

SHAPE = (3, 2, 5, 4)  # texts, heads, tokens, size of a head
MASKED = tf.constant([[0, 0, 0, 0, 0], [0, 0, 0, 1, 1], [0, 1, 1, 1, 1]], tf.float32)[:, None, None, :] * -1e9


def drawn(*shape: int, seed: int = 0) -> tf.Tensor:
    return tf.constant(np.random.default_rng([seed, *shape]).normal(size=shape), tf.float32)


def bert(dropout: float, seed: int = 1) -> kernels.TrainedBert:
    """Build a layer whose weights are not read."""
    weights = {"bert.encoder.layer.0.attention.self.query.weight": tf.zeros((8, 2, 4))}
    return kernels.TrainedBert(weights, dropout, keras.random.SeedGenerator(seed))


def with_gradients(function, *inputs: tf.Tensor) -> list[np.ndarray]:
    """Return the outputs, and the gradients of a weighted sum of them whose weights all differ."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        out = function(*inputs)
        total = tf.reduce_sum(out * drawn(*out.shape, seed=9))
    return [array.numpy() for array in (out, *tape.gradient(total, inputs))]


def assert_alike(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    assert all(np.ptp(array) > 0.1 for array in expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_attention_and_its_gradients_are_tensorflow_s():
    inputs = [drawn(*SHAPE, seed=number) for number in range(3)]

    def plain(query, key, value):
        return tf.nn.softmax(query @ tf.transpose(key, (0, 1, 3, 2)) / 2 + MASKED) @ value

    assert_alike(
        with_gradients(lambda *given: bert(0.0).attend(*given, MASKED), *inputs), with_gradients(plain, *inputs)
    )


def test_attention_s_gradients_with_dropout_are_those_of_its_outputs():
    inputs = [drawn(*SHAPE, seed=number) for number in range(3)]
    kept = tf.cast(bert(0.4)._kept(SHAPE[:2] + (5, 5)), tf.float32) / 0.6  # the same draw: the first of the same seed
    assert 0 < (kept.numpy() == 0).mean() < 1

    def plain(query, key, value):
        return (tf.nn.softmax(query @ tf.transpose(key, (0, 1, 3, 2)) / 2 + MASKED) * kept) @ value

    assert_alike(
        with_gradients(lambda *given: bert(0.4).attend(*given, MASKED), *inputs), with_gradients(plain, *inputs)
    )


def test_gelu_and_its_gradient_are_tensorflow_s():
    rows = drawn(40, 7) * 4
    expected = with_gradients(lambda rows: tf.nn.gelu(rows, approximate=True), rows)
    assert_alike(with_gradients(bert(0.0).activate, rows), expected)


def test_layer_norm_and_its_gradients_are_tensorflow_s():
    inputs = drawn(6, 8) * 3 + 1, drawn(8), drawn(8, seed=1)
    assert_alike(with_gradients(kernels.normalize, *inputs), with_gradients(served.normalize, *inputs))


def test_dropout_is_right_on_average_and_draws_anew():
    rows, trained = tf.ones((2000, 3, 7)), bert(0.3)
    draws = [trained.drop(rows).numpy() for _ in range(2)]
    assert np.abs(draws[0].mean(axis=0) - 1).max() < 0.05
    assert (draws[0] != draws[1]).any()
    assert (bert(0.0).drop(rows).numpy() == 1).all()


@pytest.mark.parametrize("dropout", [0.1, 0.9])
def test_dropout_keeps_the_share_that_it_should(dropout):
    kept = bert(dropout)._kept((7, 11, 13_001)).numpy()
    assert kept.shape == (7, 11, 13_001)
    assert kept.mean() == pytest.approx(1 - dropout, abs=0.002)
    assert (kept[:, :, 1:] * kept[:, :, :-1]).mean() == pytest.approx((1 - dropout) ** 2, abs=0.002)


@pytest.mark.slow
def test_the_classifier_trained_on_them_has_the_same_logits_and_variables(encoder_folder):
    from trainers import train_tensorflow
    from trainers.encoder import resolve
    from trainers.recipe import Recipe

    model = train_tensorflow.build_model(resolve(str(encoder_folder)), Recipe(dropout=0.2), ("a", "b", "c"))
    model.output_dense.kernel.assign(model.output_dense.kernel * 50)
    faster = kernels.FasterOnCpu(model, seed=0)
    ids = np.random.default_rng(0).integers(4, 44, (4, 9), dtype=np.int32)
    mask = (np.arange(9) < np.array([[9], [1], [5], [8]])).astype(np.int32)
    features = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": mask}
    expected = np.array(model(features, training=False))
    assert np.ptp(expected, axis=0).min() > 0.05
    assert np.abs(np.array(faster(features, training=False)) - expected).max() < 1e-5
    draws = [np.array(faster(features, training=True)) for _ in range(2)]
    assert all(np.abs(draw - expected).max() > 0.01 for draw in draws)
    assert (draws[0] != draws[1]).any()
    assert [each.path for each in faster.trainable_variables] == [each.path for each in model.trainable_variables]
    assert len(faster.variables) == len(model.variables) + 1, "the seeds of dropout, which a checkpoint needs"
