"""Run the PyTorch model, exported to ONNX, in ONNX Runtime: a reference for what the processor can do."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bakeoff.classifiers.base import softmax
from bakeoff.common import tokenization
from bakeoff.common.tokenization import batches_by_length, pad
from benchmarks.stock.calls import Probabilities
from eval.portability import export_pytorch, export_runtime


def onnx_runtime(folder: Path, max_length: int, batch_size: int) -> Probabilities:
    """Return a function for ONNX Runtime's probabilities (n, k), with our tokenizer and batches of similar length."""
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "model.onnx"
        export_pytorch.onnx(folder, file)
        forward = export_runtime.onnx(file, int(os.environ.get("OMP_NUM_THREADS", 0)))
    encoder = tokenization.load(folder, max_length)

    def probabilities(texts: Sequence[str]) -> NDArray[np.float64]:
        token_ids = encoder.encode(texts)
        rows_of_logits: list[NDArray] = [np.empty(0)] * len(texts)
        for rows in batches_by_length(token_ids, batch_size):
            for row, logits in zip(rows, forward(*pad([token_ids[row] for row in rows], encoder.pad_id)), strict=True):
                rows_of_logits[row] = logits
        return softmax(np.stack(rows_of_logits))

    return probabilities
