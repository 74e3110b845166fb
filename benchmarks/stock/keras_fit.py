"""Train with KerasHub's `TextClassifier.fit` on texts as its documentation shows it, as a user of TensorFlow would.

The classifier's own preprocessor pads every text to the sequence length. This module imports Keras itself and not
`keras_on_tensorflow`, which has our settings. The backend comes from the contender's environment.
"""

import random
from typing import Any

import keras
import keras_hub
import numpy as np
import tensorflow as tf

from bakeoff.corpus import corpus
from eval.measure.turns import EndStep, Turns
from trainers.encoder import resolve
from trainers.recipe import Recipe


class StockFit:
    """A contender of `benchmarks.train`."""

    def __init__(self, recipe: dict[str, Any], corpus_file: str, test: str | None):
        self._recipe, self._corpus = Recipe(**recipe), corpus.load(corpus_file, test)
        keras.utils.set_random_seed(self._recipe.seed)
        folder = str(resolve(self._recipe.encoder, self._recipe.max_length).folder)
        preprocessor = keras_hub.models.BertTextClassifierPreprocessor.from_preset(
            folder, sequence_length=self._recipe.max_length
        )
        self._model = keras_hub.models.TextClassifier.from_preset(
            folder, num_classes=len(self._corpus.labels), preprocessor=preprocessor
        )
        self._model.compile(
            optimizer=self._optimizer(), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        self._turns = Turns(self._train)

    def facts(self) -> dict[str, Any]:
        """Return the versions, and 0 seconds for tokenizing, which happens within the steps."""
        versions = {"tensorflow": tf.__version__, "keras": keras.__version__, "keras_hub": keras_hub.__version__}
        return {"tokenise_seconds": 0.0, "versions": versions}

    def advance(self, steps: int) -> list[float]:
        """Take the next steps, and return the seconds of each."""
        return self._turns.advance(steps)

    def predict(self) -> list[int]:
        """Return the predicted class numbers of the test texts."""
        texts = np.array([example.text for example in self._corpus.test], dtype=object)
        return self._model.predict(texts, verbose=0).argmax(axis=1).tolist()

    def _optimizer(self) -> keras.optimizers.Optimizer:
        recipe = self._recipe
        steps = -(-len(self._corpus.train) // recipe.batch_size) * recipe.epochs
        decay = keras.optimizers.schedules.PolynomialDecay(recipe.learning_rate, steps, end_learning_rate=0.0)
        return keras.optimizers.AdamW(decay, weight_decay=recipe.weight_decay, global_clipnorm=recipe.clip_norm)

    def _train(self, end_step: EndStep) -> None:
        # With a preprocessor, `fit` does not shuffle the texts, so they are shuffled here as a user would do.
        rows = random.Random(self._recipe.seed).sample(self._corpus.train, len(self._corpus.train))
        self._model.fit(
            np.array([row.text for row in rows], dtype=object),
            np.array([self._corpus.labels.index(row.label) for row in rows]),
            batch_size=self._recipe.batch_size,
            epochs=self._recipe.epochs,
            callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: end_step())],
            verbose=0,
        )
