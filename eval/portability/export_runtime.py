"""Load exported files in the runtimes that serve them, without the model's own code, with one function per format.

Each function returns a forward pass from int32 token ids (n, length) and their mask to logits (n, k). All computation
is in float32.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Forward = Callable[[NDArray[np.int32], NDArray[np.int32]], NDArray[np.float32]]


def onnx(file: Path, threads: int) -> Forward:
    """Load the file in ONNX Runtime on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    types = {node.name: np.int64 if node.type == "tensor(int64)" else np.int32 for node in session.get_inputs()}

    def forward(ids, mask):
        inputs = _by_name(types, ids, mask)
        return session.run(None, {name: array.astype(types[name]) for name, array in inputs.items()})[0]

    return forward


def torchscript(file: Path, threads: int) -> Forward:
    """Load the file in PyTorch's TorchScript interpreter, which uses the process's threads."""
    import torch

    return _torch(torch.jit.load(file))


def torch_export(file: Path, threads: int) -> Forward:
    """Load the exported program in PyTorch, which uses the process's threads."""
    import torch

    return _torch(torch.export.load(file).module())


def saved_model(file: Path, threads: int) -> Forward:
    """Load the SavedModel in TensorFlow, which uses the process's threads."""
    from bakeoff.common.keras_on_tensorflow import tf

    loaded = tf.saved_model.load(str(file))  # kept below, because the signature does not keep it alive
    signature = loaded.signatures["serving_default"]
    names = signature.structured_input_signature[1]

    def forward(ids, mask, loaded=loaded):
        inputs = {name: tf.constant(array) for name, array in _by_name(names, ids, mask).items()}
        return next(iter(signature(**inputs).values())).numpy()

    return forward


def litert(file: Path, threads: int) -> Forward:
    """Load the file in LiteRT's interpreter. A graph of fixed size takes texts one by one, padded to that size."""
    run, (texts, length) = _litert(file, threads)

    def run_padded(ids, mask):
        room = ((0, 0), (0, length - ids.shape[1]))
        ids, mask = np.pad(ids, room), np.pad(mask, room)
        return np.concatenate([run(ids[row : row + texts], mask[row : row + texts]) for row in range(len(ids))])

    return run if length == -1 else run_padded


def litert_as_it_is(file: Path, threads: int) -> Forward:
    """Load the file in LiteRT's interpreter, and give it all inputs unchanged, even if its graph has a fixed size."""
    return _litert(file, threads)[0]


def _litert(file: Path, threads: int) -> tuple[Forward, tuple[int, int]]:
    """Return the signature's forward pass, and the sizes of its inputs, where -1 is free."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(file), num_threads=threads)
    signature = interpreter.get_signature_runner()
    names = next(iter(interpreter.get_signature_list().values()))["inputs"]
    texts, length = interpreter.get_input_details()[0]["shape_signature"]

    def run(ids, mask):
        return next(iter(signature(**_by_name(names, ids, mask)).values())).copy()  # the interpreter reuses its buffer

    return run, (int(texts), int(length))


def openvino(file: Path, threads: int) -> Forward:
    """Load the file in OpenVINO on the CPU, in float32 even if the CPU supports 16 bits."""
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    compiled = openvino.Core().compile_model(file, "CPU", settings)
    names = [node.any_name for node in compiled.inputs]
    return lambda ids, mask: compiled(_by_name(names, ids, mask))[0]


def _torch(module) -> Forward:
    import torch

    def forward(ids, mask):
        with torch.inference_mode():
            return module(*(torch.from_numpy(array.astype(np.int64)) for array in (ids, mask))).numpy()

    return forward


def _by_name(names: Iterable[str], ids: NDArray, mask: NDArray) -> dict[str, NDArray]:
    """Return the array for each input of a graph, chosen by the input's name; all segment ids are 0."""
    return {name: mask if "mask" in name else np.zeros_like(ids) if "segment" in name else ids for name in names}
