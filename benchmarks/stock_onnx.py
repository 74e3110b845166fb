"""A reference point for what a processor can do: the PyTorch model exported to ONNX, run by ONNX Runtime."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import transformers
from numpy.typing import NDArray

import tokenization
from benchmarks.stock import Probabilities
from classifiers.base import softmax
from tokenization import batches_by_length, pad


def export(folder: Path, file: Path) -> None:
    """Write a model folder as ONNX with a free batch size and length."""
    model = transformers.BertForSequenceClassification.from_pretrained(folder).eval()
    ids, mask = torch.ones(2, 2, 8, dtype=torch.int64).unbind()
    mask[1, 4:] = 0  # transformers would leave the mask out of a graph whose example has no padding
    free = {0: torch.export.Dim("batch", min=1), 1: torch.export.Dim("length", min=4)}
    torch.onnx.export(
        model,
        (ids, mask),
        file,
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_shapes={"input_ids": free, "attention_mask": free},
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def onnx_runtime(folder: Path, max_length: int, batch_size: int) -> Probabilities:
    """Class probabilities (n, k) of ONNX Runtime, with our tokenizer and batches of similar length."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", 0))
    with tempfile.TemporaryDirectory() as temporary:
        export(folder, Path(temporary) / "model.onnx")
        session = onnxruntime.InferenceSession(
            Path(temporary) / "model.onnx", options, providers=["CPUExecutionProvider"]
        )
    encoder = tokenization.load(folder, max_length)

    def probabilities(texts: Sequence[str]) -> NDArray[np.float64]:
        token_ids = encoder.encode(texts)
        out: list[NDArray] = [np.empty(0)] * len(texts)
        for rows in batches_by_length(token_ids, batch_size):
            ids, mask = pad([token_ids[row] for row in rows], encoder.pad_id)
            feed = {"input_ids": ids.astype(np.int64), "attention_mask": mask.astype(np.int64)}
            for row, logits in zip(rows, session.run(["logits"], feed)[0], strict=True):
                out[row] = logits
        return softmax(np.stack(out))

    return probabilities
