"""Train with transformers' `Trainer` as its documentation shows it, as a user of PyTorch would.

Every text is padded to the maximum length. Our recipe's settings apply wherever `TrainingArguments` has them.
"""

import tempfile
import time
from typing import Any

import torch
import transformers

from bakeoff.corpus import corpus
from eval.measure.turns import EndStep, Turns
from trainers.encoder import resolve
from trainers.recipe import Recipe


class StockTrainer:
    """A contender of `benchmarks.train`."""

    def __init__(self, recipe: dict[str, Any], corpus_file: str, test: str | None):
        self._recipe, self._corpus = Recipe(**recipe), corpus.load(corpus_file, test)
        transformers.utils.logging.disable_progress_bar()
        transformers.set_seed(self._recipe.seed)
        folder = resolve(self._recipe.encoder, self._recipe.max_length).folder
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)

        def rows(examples: tuple[corpus.Example, ...]) -> list[dict[str, Any]]:
            texts, labels = [example.text for example in examples], self._corpus.labels
            encoded = tokenizer(texts, padding="max_length", truncation=True, max_length=self._recipe.max_length)
            numbers = [labels.index(example.label) for example in examples]
            return [
                {key: values[row] for key, values in encoded.items()} | {"label": numbers[row]}
                for row in range(len(examples))
            ]

        started = time.perf_counter()
        train = rows(self._corpus.train)
        self._tokenize_seconds = time.perf_counter() - started
        self._test = rows(self._corpus.test)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder, num_labels=len(self._corpus.labels)
        )
        self._trainer = transformers.Trainer(model, self._arguments(), train_dataset=train)
        self._turns = Turns(self._train)

    def facts(self) -> dict[str, Any]:
        """Return the seconds of tokenizing the training texts, and the versions."""
        versions = {"torch": torch.__version__, "transformers": transformers.__version__}
        return {"tokenise_seconds": self._tokenize_seconds, "versions": versions}

    def advance(self, steps: int) -> list[float]:
        """Take the next steps, and return the seconds of each."""
        return self._turns.advance(steps)

    def predict(self) -> list[int]:
        """Return the predicted class numbers of the test texts."""
        return (
            transformers.Trainer(self._trainer.model, self._arguments()).predict(self._test)[0].argmax(axis=1).tolist()
        )

    def _arguments(self) -> transformers.TrainingArguments:
        recipe = self._recipe
        return transformers.TrainingArguments(
            output_dir=tempfile.gettempdir(),  # nothing is saved
            per_device_train_batch_size=recipe.batch_size,
            num_train_epochs=recipe.epochs,
            learning_rate=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            warmup_steps=recipe.warmup,
            max_grad_norm=recipe.clip_norm,
            seed=recipe.seed,
            use_cpu=not torch.cuda.is_available(),
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )

    def _train(self, end_step: EndStep) -> None:
        self._trainer.add_callback(EndOfStep(end_step))
        self._trainer.train()


class EndOfStep(transformers.TrainerCallback):
    """A callback that reports the end of each step."""

    def __init__(self, end_step: EndStep):
        self._end_step = end_step

    def on_step_end(self, args, state, control, **kwargs):
        """Report that a step has ended."""
        self._end_step()
