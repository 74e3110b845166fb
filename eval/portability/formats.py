"""List the formats to which a fine-tuned model can be exported, and what each one needs from each framework."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

FORMATS = ("ONNX", "TorchScript", "torch.export", "SavedModel", "LiteRT", "OpenVINO")
OWN = ("TorchScript", "torch.export", "SavedModel")  # formats of a framework itself, without weight in a decision


@dataclass(frozen=True)
class Route:
    """A way to export a framework's model to a format, or the reason why there is no way.

    Attributes:
        framework: The framework, `pytorch` or `tensorflow`.
        format: The format, one of FORMATS.
        function: Name of the function in `eval.portability.export_FRAMEWORK` that writes the format, and of the
            function in `eval.portability.export_runtime` that runs it.
        file: Name of the exported file; a format that is a folder has no suffix.
        packages: Packages that exporting and running need in addition to those that serve the framework's model.
        remark: What the classifier can do and the exported model can't.
        none: Why there is no way to this format; empty if there is one.
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
    Route("pytorch", "SavedModel", none="SavedModel is TensorFlow's own format, which PyTorch can't write"),
    Route(
        "pytorch",
        "LiteRT",
        "litert",
        "model.tflite",
        ("litert-torch", "ai-edge-litert"),
        remark="one text at a time, padded to the model's maximum length, because litert-torch needs fixed sizes",
    ),
    Route("pytorch", "OpenVINO", "openvino", "model.xml", ("openvino",)),
    Route("tensorflow", "ONNX", "onnx", "model.onnx", ("onnx", "tf2onnx", "onnxruntime")),
    Route("tensorflow", "TorchScript", none="TorchScript records PyTorch's operations, and this model has none"),
    Route("tensorflow", "torch.export", none="torch.export records PyTorch's operations, and this model has none"),
    Route("tensorflow", "SavedModel", "saved_model", "model"),
    Route("tensorflow", "LiteRT", "litert", "model.tflite", ("ai-edge-litert",)),
    Route("tensorflow", "OpenVINO", "openvino", "model.xml", ("openvino",)),
)


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the version of each installed package; missing packages are left out."""
    installed = {}
    for package in packages:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            continue
    return installed
