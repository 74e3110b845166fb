"""Serve an exported file with a runtime alone, opened as `bakeoff export` opens it."""

import importlib
from importlib.metadata import version
from pathlib import Path

from eval.portability import export_runtime

RUNTIMES = {
    "onnx": ("onnxruntime", "onnxruntime"),
    "litert": ("ai_edge_litert.interpreter", "ai-edge-litert"),
    "openvino": ("openvino", "openvino"),
}


def imports(function):
    """Import the runtime."""
    importlib.import_module(RUNTIMES[function][0])


def load(folder, file, function, threads):
    """Return the forward pass of an exported file."""
    return getattr(export_runtime, function)(Path(file), threads)


def build(function):
    """Name the build."""
    package = RUNTIMES[function][1]
    return f"{package} {version(package)}"
