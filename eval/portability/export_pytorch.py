"""The PyTorch model in the formats that others serve: one function a format, from a model folder to a file.

Every graph takes any batch size and length where its format allows. Weights stay float32, so that formats are compared
by what they are and not by what they round.
"""

from pathlib import Path

import torch
import transformers
from torch import nn

from bakeoff.classifiers.model_folder import ModelFolder

TRACED = 8  # tokens of an example where the length is free


class Logits(nn.Module):
    """A transformers classifier that takes token ids and their mask, and gives logits alone."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Logits (n, k) of token ids (n, length) and their mask, int64."""
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
    """Write what `torch.jit.trace` records."""
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
    """Write LiteRT for one text of as many tokens as the model reads: litert-torch can't leave a BERT's sizes free."""
    import litert_torch

    ids, mask = _example(1, ModelFolder(folder).recipe["max_length"])
    litert_torch.convert(_load(folder), sample_kwargs={"input_ids": ids, "attention_mask": mask}).export(str(file))


def _load(folder: Path) -> nn.Module:
    return Logits(transformers.BertForSequenceClassification.from_pretrained(folder, dtype=torch.float32)).eval()


def _example(texts: int = 2, length: int = TRACED) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask, with padding: transformers leaves out a mask that it sees to be all ones."""
    ids, mask = torch.ones(2, texts, length, dtype=torch.int64).unbind()
    mask[-1, length // 2 :] = 0
    return ids, mask


def _free(model: Logits) -> dict[str, dict[int, torch.export.Dim]]:
    """Which sizes of the inputs are free, and up to where."""
    longest = model.model.config.max_position_embeddings
    free = {0: torch.export.Dim("batch", min=1), 1: torch.export.Dim("length", min=2, max=longest)}
    return {"input_ids": free, "attention_mask": free}
