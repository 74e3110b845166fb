"""Build a BERT that trains in a second, and run the commands that train it as a user would."""

import csv
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from bakeoff.common.root import ROOT
from bakeoff.corpus import corpus

FRAMEWORKS = ("pytorch", "tensorflow")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
HIDDEN, LAYERS, POSITIONS = 32, 2, 64
# Dropout stays on. Texts are longer than 48 tokens, so that truncation is tested too.
SETTINGS = ("max_length=48", "batch_size=8", "epochs=3", "learning_rate=0.003")
CONFIG = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "hidden_size": HIDDEN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": 2,
    "pad_token_id": 0,
}


def write_encoder(folder: Path) -> Path:
    """Write a transformers folder with random weights and a tokenizer trained on the sample corpus."""
    folder.mkdir(parents=True)
    tokenizer = _train_tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    tokenizer.model.save(str(folder))
    names = {f"{name.strip('[]').lower()}_token": name for name in SPECIAL}
    write(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True, **names})
    size = tokenizer.get_vocab_size()
    write(folder / "config.json", CONFIG | {"vocab_size": size})
    weights = encoder_weights(size)
    _plant_classes(weights, tokenizer)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def encoder_weights(vocabulary: int) -> dict[str, np.ndarray]:
    """Return random weights of a BertModel with its pooler. No bias is 0 and no layer norm is 1."""
    rng = np.random.default_rng(7)
    shapes = {
        "embeddings.word_embeddings": (vocabulary, HIDDEN),
        "embeddings.position_embeddings": (POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings": (2, HIDDEN),
        "embeddings.LayerNorm": (HIDDEN,),
        "pooler.dense": (HIDDEN, HIDDEN),
    }
    for layer in range(LAYERS):
        for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes[f"encoder.layer.{layer}.{name}"] = (HIDDEN, HIDDEN)
        shapes[f"encoder.layer.{layer}.intermediate.dense"] = (2 * HIDDEN, HIDDEN)
        shapes[f"encoder.layer.{layer}.output.dense"] = (HIDDEN, 2 * HIDDEN)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{layer}.{name}"] = (HIDDEN,)
    out = {}
    for name, shape in shapes.items():
        noise = rng.normal(0, 0.1, shape)
        out[f"{name}.weight"] = (1 + noise if len(shape) == 1 else noise).astype(np.float32)
        if not name.endswith("_embeddings"):
            out[f"{name}.bias"] = rng.normal(0, 0.1, shape[0]).astype(np.float32)
    return out


def write(path: Path, value: object) -> None:
    """Write a value to a JSON file."""
    path.write_text(json.dumps(value), encoding="utf-8")


def read(path: Path) -> dict:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of all files below a folder, including hidden ones."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def random_texts(count: int = 24) -> list[str]:
    """Return texts of random words of the sample, from empty to longer than the models read."""
    words = " ".join(example.text for example in corpus.load().train).split()
    drawn = random.Random(11)
    return [" ".join(drawn.choices(words, k=4 * number)) for number in range(count)]


def hostile_texts(count: int = 200) -> list[str]:
    """Return texts of random code points, including lone surrogates and special tokens."""
    drawn = random.Random(5)
    pieces = ["[SEP]", "[CLS]", "[MASK]", " ", "\u0301", "\u200d", "news", "##ing", "\x00"]
    return [
        "".join(
            drawn.choice([*pieces, chr(drawn.randrange(0x110000)), chr(drawn.randrange(0x3000))]) for _ in range(30)
        )
        for _ in range(count)
    ]


def few(sample, examples, per_class: int, path) -> str:
    """Write the first examples of each class to a CSV file, and return its path."""
    chosen = [e for label in sample.labels for e in [e for e in examples if e.label == label][:per_class]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *((e.text, e.label) for e in chosen)])
    return str(path)


def arguments(encoder: Path, output: Path, *more: str) -> list[str]:
    """Return the command line of a tiny training. A later `--set` overrides those in SETTINGS."""
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return ["--recipe", "small", *settings, "--encoder", str(encoder), "--output", str(output), *more]


def start(command: list[str], **more: str) -> subprocess.Popen:
    """Start `bakeoff train` in a separate process, with more variables in its environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "trainers", *command],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"} | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen, seconds: float = 200) -> tuple[int, str]:
    """Return the exit status and all output. A process that hangs is killed."""
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        process.kill()
    return process.returncode, out + err


def train_both(encoder: Path, output: Path) -> dict[str, tuple[int, str]]:
    """Train both frameworks at once, each in its own process, into folders of one output."""
    running = {framework: start(["--framework", framework, *arguments(encoder, output)]) for framework in FRAMEWORKS}
    return {framework: finish(process) for framework, process in running.items()}


def wait_for(condition: Callable[[], bool], process: subprocess.Popen, seconds: float = 120) -> None:
    """Wait until the condition holds. Fail if the process ends first, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, f"ended too early: {process.communicate()}"
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def error_sentence(printed: str) -> str:
    """Return the one `error: …` line of a failed command, and check that there is no stack trace."""
    assert "Traceback" not in printed, printed
    (line,) = [line for line in printed.splitlines() if line.startswith("error: ")]
    return line.removeprefix("error: ")


def _plant_classes(weights: dict[str, np.ndarray], tokenizer: Tokenizer) -> None:
    """Make words indicate their classes and attention pass it on, as if the encoder had been pretrained."""
    sample, words = corpus.load(), weights["embeddings.word_embeddings.weight"]
    counts = np.ones((len(words), len(sample.labels)))
    for example in sample.train:
        counts[tokenizer.encode(example.text).ids[1:-1], sample.labels.index(example.label)] += 1
    words[:, : len(sample.labels)] += np.log(counts / counts.mean(axis=1, keepdims=True))
    for name, array in weights.items():
        if name.endswith(("attention.self.value.weight", "attention.output.dense.weight")):
            array += 1.5 * np.eye(HIDDEN, dtype=np.float32)


def _train_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=1000, special_tokens=list(SPECIAL), show_progress=False)
    tokenizer.train_from_iterator([example.text for example in corpus.load().train], trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer
