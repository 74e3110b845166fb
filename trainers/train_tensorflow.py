"""Fine-tune in TensorFlow with Keras `fit` on KerasHub's `BertTextClassifier`.

    bakeoff train --framework tensorflow --recipe demo --output runs/demo

This file reads function for function like train_pytorch.py. They differ only where the frameworks require it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bakeoff.common.files import replacing_folder
from bakeoff.common.keras_on_tensorflow import keras, keras_hub, tf
from bakeoff.common.tokenization import KERAS_SUBFOLDER, batches_by_length, pad
from trainers.batches import TrainingData
from trainers.encoder import Encoder
from trainers.head import initial_head
from trainers.kernels_tensorflow import FasterOnCpu
from trainers.monitor import Monitor
from trainers.recipe import Recipe

FRAMEWORK = "TensorFlow"
TOKENIZER_FOLDER = KERAS_SUBFOLDER


def build_model(encoder: Encoder, recipe: Recipe, labels: Sequence[str]) -> keras_hub.models.BertTextClassifier:
    """Build the encoder with a new head, whose first weights numpy draws from the recipe's seed."""
    keras.utils.set_random_seed(recipe.seed)
    backbone = keras_hub.models.BertBackbone.from_preset(
        str(encoder.folder),
        dropout=recipe.dropout,
        dtype="mixed_bfloat16" if recipe.mixed_precision else "float32",
    )
    model = keras_hub.models.BertTextClassifier(
        backbone=backbone, num_classes=len(labels), preprocessor=None, dropout=recipe.dropout
    )
    model.output_dense.set_weights(initial_head(backbone.hidden_dim, len(labels), recipe.seed))
    return model


def build_optimizer(
    model: keras_hub.models.BertTextClassifier, recipe: Recipe, steps: int
) -> keras.optimizers.Optimizer:
    """Build AdamW without decay on biases and layer norms, and the linear schedule."""
    optimizer = AdamW(
        LinearWarmupAndDecay(recipe.learning_rate, recipe.warmup_steps(steps), steps),
        weight_decay=recipe.weight_decay,
        epsilon=recipe.adam_epsilon,
        global_clipnorm=recipe.clip_norm,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    optimizer.build(model.trainable_variables)
    return optimizer


class AdamW(keras.optimizers.AdamW):
    """AdamW as PyTorch computes it; Keras's own differs in two places."""

    def apply(self, grads, trainable_variables=None):
        """Sum the gradients of a word's occurrences first; Keras would square and clip each of them separately."""
        super().apply([tf.convert_to_tensor(gradient) for gradient in grads], trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        """Add epsilon after the second moment's bias correction; added before, it is 32 times as large in step 1.

        This is one operation, where Keras's own update passes over the weights a dozen times.
        """
        step, index = keras.ops.cast(self.iterations + 1, variable.dtype), self._get_variable_index(variable)
        powers = keras.ops.power(self.beta_1, step), keras.ops.power(self.beta_2, step)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=powers[0],
            beta2_power=powers[1],
            lr=keras.ops.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon * keras.ops.sqrt(1 - powers[1]),
            grad=gradient,
        )


class LinearWarmupAndDecay(keras.optimizers.schedules.LearningRateSchedule):
    """The linear schedule of transformers: from 0 to the peak in `warmup_steps`, then to 0 at `steps`."""

    def __init__(self, peak: float, warmup_steps: int, steps: int):
        super().__init__()
        self.peak, self.warmup_steps, self.steps = peak, warmup_steps, steps

    def __call__(self, step):
        """Return the rate of a step, counted from 0."""
        step = keras.ops.cast(step, "float32")
        rising = step / max(1, self.warmup_steps)
        falling = (self.steps - step) / max(1, self.steps - self.warmup_steps)
        return self.peak * keras.ops.maximum(0.0, keras.ops.where(step < self.warmup_steps, rising, falling))


def fit(
    model: keras_hub.models.BertTextClassifier,
    data: TrainingData,
    recipe: Recipe,
    monitor: Monitor,
    checkpoint: Path,
) -> None:
    """Train through the whole plan, or until the monitor asks to stop; resume from `checkpoint` if it exists.

    Raises:
        TrainingError: the loss is not finite.
    """
    plain = recipe.mixed_precision or tf.config.list_physical_devices("GPU")
    trained = model if plain else FasterOnCpu(model, recipe.seed)
    optimizer = build_optimizer(model, recipe, len(data.plan.steps))
    trained.compile(
        optimizer=optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[],
        jit_compile=False,  # XLA would compile once for each shape of a batch
    )
    if checkpoint.exists():
        monitor.restore(checkpoint)  # checked first, because the state of another recipe would not fit
        _state(trained).read(str(checkpoint / "state")).assert_consumed()
    trained.fit(
        planned_batches(data, monitor.step),
        epochs=1,  # the plan holds all epochs as one sequence of steps
        shuffle=False,
        callbacks=[MonitorCallback(trained, monitor, checkpoint, len(data.plan.steps))],
        verbose=0,
    )


def planned_batches(data: TrainingData, first_step: int) -> tf.data.Dataset:
    """Return the batches of all epochs, in the plan's order, starting at a step."""

    def batches():
        for step in range(first_step, len(data.plan.steps)):
            batch = data.batch(step)
            yield _features(batch.token_ids, batch.padding_mask), batch.labels

    ids = tf.TensorSpec((None, None), tf.int32)
    signature = _features(ids, ids, segments=ids), tf.TensorSpec((None,), tf.int64)
    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    return dataset.apply(tf.data.experimental.assert_cardinality(len(data.plan.steps) - first_step))


class MonitorCallback(keras.callbacks.Callback):
    """A callback that hands each step's loss to the monitor, and saves a checkpoint when one is due."""

    def __init__(self, model: keras.Model, monitor: Monitor, checkpoint: Path, steps: int):
        super().__init__()
        self._trained, self._monitor, self._checkpoint, self._steps = model, monitor, checkpoint, steps

    def on_train_begin(self, logs=None):
        """Start the clock."""
        self._monitor.begin()

    def on_train_batch_begin(self, batch, logs=None):
        """Reset the metrics, because Keras reports the mean loss since the last reset."""
        self._trained.reset_metrics()

    def on_train_batch_end(self, batch, logs=None):
        """Record the end of a step."""
        self._monitor.end_step(float(logs["loss"]))
        if self._monitor.checkpoint_due and self._monitor.step < self._steps:
            self._save_checkpoint()
            self._trained.stop_training = self._monitor.stop_requested
            self._monitor.restart_clock()

    def _save_checkpoint(self) -> None:
        with replacing_folder(self._checkpoint) as folder:
            _state(self._trained).write(str(folder / "state"))
            self._monitor.save(folder)


def logits(
    model: keras_hub.models.BertTextClassifier,
    token_ids: Sequence[NDArray[np.int32]],
    pad_id: int,
    batch_size: int,
) -> NDArray[np.float32]:
    """Compute the logits (n, k) of tokenized texts."""
    out = np.empty((len(token_ids), model.num_classes), dtype=np.float32)
    for rows in batches_by_length(token_ids, batch_size):
        ids, mask = map(tf.constant, pad([token_ids[row] for row in rows], pad_id))
        # This runs eagerly, because building a graph takes longer than a test split.
        out[rows] = tf.cast(model(_features(ids, mask, tf.zeros_like(ids)), training=False), tf.float32).numpy()
    return out


def save(
    model: keras_hub.models.BertTextClassifier,
    encoder: Encoder,
    recipe: Recipe,
    labels: Sequence[str],
    folder: Path,
) -> None:
    """Write a KerasHub preset: `config.json`, `task.json`, `model.weights.h5`, `task.weights.h5`, its tokenizer."""
    if recipe.mixed_precision:
        served = build_model(encoder, Recipe(dropout=recipe.dropout), labels)
        served.set_weights(model.get_weights())
        model = served
    model.compile(optimizer="sgd")  # otherwise AdamW's state, twice the size of the weights, would be saved with them
    tokenizer = keras_hub.models.BertTokenizer(
        str(encoder.folder / "vocab.txt"), lowercase=encoder.lowercase, strip_accents=encoder.strip_accents
    )
    model.preprocessor = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=recipe.max_length)
    model.save_to_preset(str(folder))
    _name_labels(folder / "config.json", labels)


def _name_labels(config_file: Path, labels: Sequence[str]) -> None:
    """Write the labels where transformers keeps them, because a preset keeps none."""
    config = json.loads(config_file.read_text(encoding="utf-8"))
    config["id2label"] = {str(index): label for index, label in enumerate(labels)}
    config["label2id"] = {label: index for index, label in enumerate(labels)}
    config_file.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def peak_device_megabytes() -> float | None:
    """Return the peak memory of tensors on the GPU, in MB (1e6 bytes); None without a GPU."""
    if not tf.config.list_physical_devices("GPU"):
        return None
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 1e6


def environment() -> dict[str, str]:
    """Return the device and the library versions that this framework ran with."""
    gpus = tf.config.list_physical_devices("GPU")
    device = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "gpu") if gpus else "cpu"
    return {
        "device": device,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "keras_hub": keras_hub.__version__,
    }


def _features(token_ids, padding_mask, segments=None) -> dict:
    segments = np.zeros_like(token_ids) if segments is None else segments
    return {"token_ids": token_ids, "segment_ids": segments, "padding_mask": padding_mask}


def _state(model: keras.Model) -> tf.train.Checkpoint:
    """Return everything that training changes: weights, the optimizer's moments, the states of the random generators.

    Keras's own `save_weights` leaves out the random generators, and dropout would not resume where it stopped.
    """
    return tf.train.Checkpoint(
        model=[variable.value for variable in model.variables],
        optimizer=[variable.value for variable in model.optimizer.variables],
    )
