"""The formats that a fine-tuned model can be handed on in, and what each takes from each framework."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

FORMATS = ("ONNX", "TorchScript", "torch.export", "SavedModel", "LiteRT", "OpenVINO")


@dataclass(frozen=True)
class Route:
    """A way from a framework to a format, or why there is none.

    Attributes:
        framework: `pytorch` or `tensorflow`.
        format: one of FORMATS.
        function: of `eval.export_FRAMEWORK`, which writes it, and of `eval.portability.export_runtime`, which runs it.
        file: its name; a format that is a folder has no suffix.
        packages: what exporting and running take beside what serving the framework's model takes anyway.
        remark: what the exported model can't do that the classifier can.
        none: why there is no way; empty where there is one.
    """

    framework: str
    format: str
    function: str = ""
    file: str = ""
    packages: tuple[str, ...] = ()
    remark: str = ""
    none: str = ""


ROUTES = (
    Route("pytorch", "ONNX", "onnx", "model.onnx", ("onnx", "onnxscript", "onnxruntime")),
    Route("pytorch", "TorchScript", "torchscript", "model.pt"),
    Route("pytorch", "torch.export", "torch_export", "model.pt2"),
    Route("pytorch", "SavedModel", none="SavedModel is TensorFlow's own format, which PyTorch does not write"),
    Route(
        "pytorch",
        "LiteRT",
        "litert",
        "model.tflite",
        ("litert-torch", "ai-edge-litert"),
        remark="one text at a time, padded to the longest that the model reads: litert-torch fixes the sizes",
    ),
    Route("pytorch", "OpenVINO", "openvino", "model.xml", ("openvino",)),
    Route("tensorflow", "ONNX", "onnx", "model.onnx", ("onnx", "tf2onnx", "onnxruntime")),
    Route("tensorflow", "TorchScript", none="TorchScript records PyTorch's operations, of which the model has none"),
    Route("tensorflow", "torch.export", none="torch.export records PyTorch's operations, of which the model has none"),
    Route("tensorflow", "SavedModel", "saved_model", "model"),
    Route("tensorflow", "LiteRT", "litert", "model.tflite", ("ai-edge-litert",)),
    Route("tensorflow", "OpenVINO", "openvino", "model.xml", ("openvino",)),
)


def versions(packages: Sequence[str]) -> dict[str, str]:
    """The version of each package that is installed; the others are left out."""
    out = {}
    for package in packages:
        try:
            out[package] = version(package)
        except PackageNotFoundError:
            continue
    return out
