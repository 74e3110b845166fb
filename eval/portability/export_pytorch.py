"""Export the PyTorch model to the formats that others serve, with one function per format.

Each function reads a model folder and writes a file. Every graph accepts any batch size and length if its format allows
it. Weights stay float32, so that rounding does not affect the comparison of formats.
"""

from pathlib import Path

import torch
import transformers
from torch import nn

from bakeoff.classifiers.model_folder import ModelFolder

TRACED = 8  # tokens of the example text for formats with a free length


class Logits(nn.Module):
    """A transformers classifier that takes token ids and their mask, and returns only logits."""

    def __init__(self, model: transformers.PreTrainedModel):
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return the logits (n, k) of int64 token ids (n, length) and their mask."""
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def onnx(folder: Path, file: Path) -> None:
    """Write ONNX with a free batch size and length."""
    model = _load(folder)
    torch.onnx.export(
        model,
        _example(),
        file,
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_shapes=_free(model),
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def torchscript(folder: Path, file: Path) -> None:
    """Write the TorchScript that `torch.jit.trace` records."""
    traced = torch.jit.trace(_load(folder), _example(), check_trace=False)
    torch.jit.save(torch.jit.freeze(traced), file)


def torch_export(folder: Path, file: Path) -> None:
    """Write an exported program with a free batch size and length."""
    model = _load(folder)
    torch.export.save(torch.export.export(model, _example(), dynamic_shapes=_free(model)), file)


def openvino(folder: Path, file: Path) -> None:
    """Write OpenVINO's intermediate representation with a free batch size and length."""
    import openvino

    ids, mask = _example()
    converted = openvino.convert_model(
        _load(folder),
        example_input={"input_ids": ids, "attention_mask": mask},
        input=[("input_ids", [-1, -1]), ("attention_mask", [-1, -1])],
    )
    openvino.save_model(converted, file, compress_to_fp16=False)


def litert(folder: Path, file: Path) -> None:
    """Write LiteRT for one text of the model's maximum length, because litert-torch needs fixed sizes for a BERT."""
    import litert_torch

    ids, mask = _example(1, ModelFolder(folder).recipe["max_length"])
    litert_torch.convert(_load(folder), sample_kwargs={"input_ids": ids, "attention_mask": mask}).export(str(file))


def _load(folder: Path) -> Logits:
    return Logits(transformers.BertForSequenceClassification.from_pretrained(folder, dtype=torch.float32)).eval()


def _example(texts: int = 2, length: int = TRACED) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids and a mask with padding, because transformers drops a mask of only ones."""
    ids, mask = torch.ones(2, texts, length, dtype=torch.int64).unbind()
    mask[-1, length // 2 :] = 0
    return ids, mask


def _free(model: Logits) -> dict[str, dict[int, torch.export.Dim]]:
    """Return which dimensions of the inputs are dynamic, and their limits."""
    longest = model.model.config.max_position_embeddings
    free = {0: torch.export.Dim("batch", min=1), 1: torch.export.Dim("length", min=2, max=longest)}
    return {"input_ids": free, "attention_mask": free}
