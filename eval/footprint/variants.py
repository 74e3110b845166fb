"""List the variants of the packages: what to install for each framework or runtime, and what serves there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from bakeoff.common.root import ROOT
from eval.measure.footprint import CPU_ONLY, PLAIN_PIP, SERVING

REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "requirements-export.txt")
RUNTIME_ONLY = "runtime only"
# The words for the command line.
VARIANTS = {"plain": PLAIN_PIP, "cpu": CPU_ONLY, "runtime": RUNTIME_ONLY}
FRAMEWORKS = ("pytorch", "tensorflow")
# What KerasHub imports to load a BERT preset. It also requires tensorflow-text, kagglehub, kagglesdk and
# sentencepiece, which it imports only for its own tokenizers and for downloads from Kaggle; tensorflow-text would bring
# the full tensorflow.
KERAS_HUB_IMPORTS = ("absl-py", "packaging", "regex", "rich")


@dataclass(frozen=True)
class Contents:
    """The contents of one environment.

    Attributes:
        variant: PLAIN_PIP, CPU_ONLY or RUNTIME_ONLY.
        runtime: "PyTorch", "TensorFlow", "ONNX Runtime", "LiteRT" or "OpenVINO".
        roots: Requirements that are installed with everything they require.
        alone: Requirements that are installed without what they require.
        serves: Module of `eval.footprint.serving` that loads the model there.
        main: The package whose wheel names the build.
        function: For a runtime, the function of `eval.portability` that exports its file and opens it.
        file: For a runtime, the name of the exported file.
    """

    variant: str
    runtime: str
    roots: tuple[str, ...]
    alone: tuple[str, ...] = ()
    serves: str = "with_export"
    main: str = ""
    function: str = ""
    file: str = ""

    @property
    def name(self) -> str:
        """The name of the environment's folder."""
        return f"{self.variant} {self.runtime}".lower().replace(" ", "-")


def pins(files: tuple[Path, ...] = REQUIREMENTS) -> dict[str, str]:
    """Return the version to which the project pins each package, so that figures are about what was measured."""
    lines = (line.partition("#")[0].strip() for file in files for line in file.read_text(encoding="utf-8").splitlines())
    requirements = (Requirement(line) for line in lines if line and not line.startswith("-"))
    return {
        requirement.name: next(iter(requirement.specifier)).version
        for requirement in requirements
        if requirement.specifier
    }


def contents() -> dict[str, tuple[Contents, ...]]:
    """Return the environments of each framework, in the order of the variants; the runtimes are the same for both."""
    pinned = pins()
    torch, tensorflow = pinned["torch"], pinned["tensorflow"]
    beside_torch = tuple(name for name in SERVING["pytorch"] if name != "torch")
    beside_tensorflow = tuple(name for name in SERVING["tensorflow"] if name not in ("tensorflow", "keras-hub"))
    # `===` matches the public version only: `==` would also take a local CPU build such as 2.13.0+cpu.
    pytorch = (
        Contents(PLAIN_PIP, "PyTorch", (f"torch==={torch}", *beside_torch), (), "with_pytorch", "torch"),
        Contents(CPU_ONLY, "PyTorch", (f"torch=={torch}+cpu", *beside_torch), (), "with_pytorch", "torch"),
    )
    plain = (f"tensorflow==={tensorflow}", "keras-hub", *beside_tensorflow)
    small = (f"tensorflow-cpu=={tensorflow}", *KERAS_HUB_IMPORTS, *beside_tensorflow)
    both = (
        Contents(PLAIN_PIP, "TensorFlow", plain, (), "with_tensorflow", "tensorflow"),
        Contents(CPU_ONLY, "TensorFlow", small, ("keras-hub",), "with_tensorflow", "tensorflow-cpu"),
    )
    runtimes = tuple(_runtimes(pinned))
    return {"pytorch": pytorch + runtimes, "tensorflow": both + runtimes}


def _runtimes(pinned: dict[str, str]) -> Iterator[Contents]:
    """Yield the environments without a framework: the runtime, the tokenizer and numpy."""
    for runtime, package, function, file in (
        ("ONNX Runtime", "onnxruntime", "onnx", "model.onnx"),
        ("LiteRT", "ai-edge-litert", "litert", "model.tflite"),
        ("OpenVINO", "openvino", "openvino", "model.xml"),
    ):
        roots = (f"{package}=={pinned[package]}", "tokenizers", "numpy")
        yield Contents(RUNTIME_ONLY, runtime, roots, main=package, function=function, file=file)
