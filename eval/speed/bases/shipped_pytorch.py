"""Use PyTorch as the quickstarts of transformers show it: `pipeline`, and `Trainer` on texts padded to the maximum."""

from collections.abc import Callable, Sequence
from typing import Any

import datasets
import transformers


def load(folder: str, max_length: int, **options: Any) -> Callable[[Sequence[str]], list[list[float]]]:
    """Return a function for the logits (n, k) of texts; `options` are those of `pipeline`, such as `batch_size`."""
    classify = transformers.pipeline("text-classification", model=folder, **options)
    labels = classify.model.config.id2label.values()

    def logits(texts: Sequence[str]) -> list[list[float]]:
        answers = classify(list(texts), top_k=None, function_to_apply="none", truncation=True, max_length=max_length)
        scores = [{score["label"]: score["score"] for score in answer} for answer in answers]
        return [[score[label] for label in labels] for score in scores]

    return logits


def train(
    folder: str,
    texts: Sequence[str],
    labels: Sequence[int],
    *,
    max_length: int,
    batch_size: int,
    epochs: int,
    **watch: Any,
) -> None:
    """Fine-tune the model in the folder; `watch` are callbacks of the measurement."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder)

    def tokenize(rows: dict[str, list[Any]]) -> Any:
        return tokenizer(rows["text"], padding="max_length", truncation=True, max_length=max_length)

    rows = datasets.Dataset.from_dict({"text": texts, "label": labels}).map(tokenize, batched=True)
    settings = transformers.TrainingArguments(
        per_device_train_batch_size=batch_size, num_train_epochs=epochs, save_strategy="no"
    )
    transformers.Trainer(model, settings, train_dataset=rows, **watch).train()
