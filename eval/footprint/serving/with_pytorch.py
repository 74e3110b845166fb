"""Serve with PyTorch and transformers, in the documented way: `from_pretrained`, `eval`, `inference_mode`."""

import torch
from transformers import BertForSequenceClassification


def imports(function):
    """Import the model's class, which transformers imports only when it is used."""
    return BertForSequenceClassification.config_class


def load(folder, file, function, threads):
    """Return the forward pass of the model in a folder."""
    model = BertForSequenceClassification.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()

    def forward(ids, mask):
        with torch.inference_mode():
            inputs = {"input_ids": torch.from_numpy(ids).long(), "attention_mask": torch.from_numpy(mask).long()}
            return model(**inputs).logits.numpy()

    return forward


def build(function):
    """Name the build."""
    return f"torch {torch.__version__}, torch.version.cuda={torch.version.cuda}"
