"""A BERT small enough to train in a second, and the commands that train it as a user would."""

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
# Dropout stays on; texts are longer than 48 tokens, so that truncation is seen too.
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
    """A transformers folder with random weights and a tokenizer that was trained on the sample corpus."""
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
    """Weights of a BertModel, pooler included, with no bias left at 0 and no layer norm at 1."""
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
    """JSON to a file."""
    path.write_text(json.dumps(value), encoding="utf-8")


def read(path: Path) -> dict:
    """JSON from a file."""
    return json.loads(path.read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def random_texts(count: int = 24) -> list[str]:
    """Words of the sample, from none to more than are read."""
    words = " ".join(example.text for example in corpus.load().train).split()
    drawn = random.Random(11)
    return [" ".join(drawn.choices(words, k=4 * number)) for number in range(count)]


def hostile_texts(count: int = 200) -> list[str]:
    """Random code points of every kind, lone surrogates and special tokens among them."""
    drawn = random.Random(5)
    pieces = ["[SEP]", "[CLS]", "[MASK]", " ", "\u0301", "\u200d", "news", "##ing", "\x00"]
    return [
        "".join(
            drawn.choice([*pieces, chr(drawn.randrange(0x110000)), chr(drawn.randrange(0x3000))]) for _ in range(30)
        )
        for _ in range(count)
    ]


def few(sample, examples, per_class: int, path) -> str:
    """The first examples of each class as a CSV file."""
    chosen = [e for label in sample.labels for e in [e for e in examples if e.label == label][:per_class]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *((e.text, e.label) for e in chosen)])
    return str(path)


def arguments(encoder: Path, output: Path, *more: str) -> list[str]:
    """The command line of a tiny training; a later `--set` wins over those in SETTINGS."""
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return ["--recipe", "small", *settings, "--encoder", str(encoder), "--output", str(output), *more]


def start(command: list[str], **more: str) -> subprocess.Popen:
    """`bakeoff train` in a process of its own, with more variables in its environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "trainers", *command],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"} | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen, seconds: float = 200) -> tuple[int, str]:
    """The exit status and all that was printed; the process is killed if it hangs."""
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        process.kill()
    return process.returncode, out + err


def train_both(encoder: Path, output: Path) -> dict[str, tuple[int, str]]:
    """Both frameworks at once, each in a process of its own, into folders of one output."""
    running = {framework: start(["--framework", framework, *arguments(encoder, output)]) for framework in FRAMEWORKS}
    return {framework: finish(process) for framework, process in running.items()}


def wait_for(condition: Callable[[], bool], process: subprocess.Popen, seconds: float = 120) -> None:
    """Until the condition holds; fails if the process ends before, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, f"ended too early: {process.communicate()}"
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def error_sentence(printed: str) -> str:
    """The one `error: …` line of a command that failed as it should: no stack trace."""
    assert "Traceback" not in printed, printed
    (line,) = [line for line in printed.splitlines() if line.startswith("error: ")]
    return line.removeprefix("error: ")


def _plant_classes(weights: dict[str, np.ndarray], tokenizer: Tokenizer) -> None:
    """Words tell of their classes and attention passes it on, as if the encoder had been pretrained."""
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
