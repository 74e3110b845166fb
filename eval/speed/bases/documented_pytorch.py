"""Use PyTorch as its documentation and that of transformers advise: padding to the longest, in `inference_mode`."""

from collections.abc import Callable, Sequence
from typing import Any

import datasets
import torch
import transformers


def load(
    folder: str, max_length: int, prepare: Callable[[Any], Any] = lambda model: model
) -> Callable[[Sequence[str]], Any]:
    """Return a function for the logits (n, k) of one batch of texts; `prepare` compiles or exports the model."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = prepare(transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval())

    def logits(texts: Sequence[str]) -> Any:
        batch = tokenizer(list(texts), padding=True, truncation=True, max_length=max_length, return_tensors="pt")
        with torch.inference_mode():
            return model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.numpy()

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
    """Fine-tune the model in the folder, with batches padded to their longest text; `watch` are callbacks."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder)

    def tokenize(rows: dict[str, list[Any]]) -> Any:
        return tokenizer(rows["text"], truncation=True, max_length=max_length)

    rows = datasets.Dataset.from_dict({"text": texts, "label": labels}).map(tokenize, batched=True)
    settings = transformers.TrainingArguments(
        per_device_train_batch_size=batch_size, num_train_epochs=epochs, save_strategy="no"
    )
    collator = transformers.DataCollatorWithPadding(tokenizer)
    transformers.Trainer(model, settings, train_dataset=rows, data_collator=collator, **watch).train()
