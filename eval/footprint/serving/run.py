"""Load a model in a fresh process, answer one text, and print when each stage was reached and the peak memory.

python run.py MODULE MODEL_FOLDER EXPORTED_FILE FUNCTION THREADS

It runs in environments that have only one framework or runtime, the tokenizer and numpy. Its folder is the first on the
import path, and the project's folder is the last.
"""

import importlib
import json
import sys
import time
from pathlib import Path

TEXT = "Shares in the chip maker fell after it warned that sales would miss its forecast."


def main() -> None:
    """Print one JSON line."""
    stages = {"interpreter": time.monotonic()}
    module, folder, file, function, threads = sys.argv[1:]
    sys.path.append(str(Path(__file__).resolve().parents[3]))
    import numpy as np
    from tokenizers import Tokenizer

    serving = importlib.import_module(module)
    serving.imports(function)
    stages["imported"] = time.monotonic()
    path = Path(folder) / "hf_tokenizer" / "tokenizer.json"  # of a KerasHub preset
    tokenizer = Tokenizer.from_file(str(path if path.exists() else Path(folder) / "tokenizer.json"))
    tokenizer.no_padding()
    forward = serving.load(folder, file, function, int(threads))
    stages["loaded"] = time.monotonic()
    loaded_bytes = _peak_bytes()
    ids = np.asarray([tokenizer.encode(TEXT).ids], dtype=np.int32)
    logits = forward(ids, np.ones_like(ids))
    stages["answered"] = time.monotonic()
    answer = {"moments": stages, "loaded_bytes": loaded_bytes, "answered_bytes": _peak_bytes()}
    print(json.dumps(answer | {"build": serving.build(function), "logits": np.asarray(logits)[0].tolist()}))


def _peak_bytes() -> int:
    """Return the peak resident memory so far, which Linux reports in kB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
