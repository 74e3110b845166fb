"""Train one framework, from corpus to model folder: everything around the two framework-specific trainers."""

import importlib
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import numpy as np

from bakeoff.common import code_digest, plain_environment, processors, tokenization
from bakeoff.common.errors import Interrupted, RecipeError, TrainingError
from bakeoff.common.files import replacing_folder, write_json
from bakeoff.corpus.corpus import Corpus
from bakeoff.stats import scores
from trainers import model_card
from trainers.batches import TrainingData, plan_batches
from trainers.encoder import Encoder, resolve
from trainers.monitor import Monitor, saved_identity
from trainers.recipe import Recipe

FRAMEWORKS = ("pytorch", "tensorflow")
REPORT_FILE = "training.json"
LABELS_FILE = "labels.json"
EVALUATION_BATCH = 32
TOKENIZER_FILES = ("tokenizer_config.json", "vocab.txt", "special_tokens_map.json")


@dataclass(frozen=True)
class Job:
    """Everything that one training needs.

    Attributes:
        framework: `pytorch` or `tensorflow`.
        recipe: how to train.
        corpus: the texts to train and test on.
        output: the folder where the model folder, named after the framework, is written.
        repo_id: the Hub repository where the model will be published, or empty.
        quiet: whether to hide progress.
    """

    framework: str
    recipe: Recipe
    corpus: Corpus
    output: Path
    repo_id: str = ""
    quiet: bool = False

    @property
    def folder(self) -> Path:
        """The folder of the finished model."""
        return self.output / self.framework

    @property
    def checkpoint(self) -> Path:
        """The folder of the checkpoint of an interrupted training."""
        return self.output / "checkpoint" / self.framework

    @property
    def identity(self) -> dict:
        """The recipe and the corpus; equal for two jobs that give the same model."""
        return {"recipe": asdict(self.recipe.public()), "corpus": self.corpus.digest}


def run(job: Job, *, resume: bool = False) -> Path:
    """Fine-tune and write the model folder; with `resume`, resume from a checkpoint or keep a finished model.

    The folder holds the model in its ecosystem's format, the tokenizer, `labels.json`, `recipe.json`, `training.json`
    and a model card. It appears complete or not at all; an earlier one stays until then.

    Raises:
        RecipeError: the recipe can't be trained with, or the checkpoint belongs to another recipe or corpus.
        TrainingError: the loss is not finite, or the folder can't be written.
        Interrupted: a signal stopped the training after the checkpoint was saved.
    """
    _prepare_output(job)
    if resume and _is_finished(job):
        print(f"{job.folder} is finished already; --resume keeps it.", file=sys.stderr)
        if job.repo_id:
            _write_card(job, job.folder)  # the card names the repository
        return job.folder
    started, load = time.monotonic(), _load_average()
    encoder = resolve(job.recipe.encoder, job.recipe.max_length)
    text_encoder = tokenization.load(encoder.folder, job.recipe.max_length)
    if not resume:
        shutil.rmtree(job.checkpoint, ignore_errors=True)
    plain_environment.prepare()
    trainer = importlib.import_module(f"trainers.train_{job.framework}")
    data = _training_data(job, text_encoder)
    monitor = Monitor(trainer.FRAMEWORK, data, job.output, job.identity, quiet=job.quiet)
    try:
        with monitor.catching_signals():
            model = trainer.build_model(encoder, job.recipe, job.corpus.labels)
            trainer.fit(model, data, job.recipe, monitor, job.checkpoint)
            _check_complete(monitor, data)
            report = _report(job, trainer, encoder, data, monitor)
            report["scores"] = _score(job, trainer, model, text_encoder)
            report["load_average_before"] = load
            report["seconds"] = round(time.monotonic() - started, 1)
            _write(job, trainer, model, encoder, report)
    except OSError as error:
        raise TrainingError(
            f"{job.output} can't be written to ({error.strerror or error}); make room or choose another --output."
        ) from error
    finally:
        monitor.close()
    shutil.rmtree(job.checkpoint, ignore_errors=True)
    if job.checkpoint.parent.exists() and not any(job.checkpoint.parent.iterdir()):
        job.checkpoint.parent.rmdir()
    return job.folder


def forget_other_checkpoints(output: Path, recipe: Recipe, corpus: Corpus) -> None:
    """Remove the checkpoints in `output` that `--resume` would refuse, because their recipe or corpus differs."""
    for framework in FRAMEWORKS:
        job = Job(framework, recipe, corpus, output)
        if job.checkpoint.exists() and saved_identity(job.checkpoint) != job.identity:
            shutil.rmtree(job.checkpoint)


def summary(folder: Path) -> str:
    """Describe a finished training in one line."""
    report = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
    speed = f"{report['tokens_per_second']:.0f} tokens/s, " if report["tokens_per_second"] else ""
    epochs = ", ".join(f"{seconds:.1f}" for seconds in report["seconds_per_epoch"])
    return (
        f"accuracy {report['scores']['accuracy']:.4f}, macro F1 {report['scores']['macro_f1']:.4f}, "
        f"epochs of {epochs} s, {speed}peak memory {report['peak_memory_megabytes']} MB"
    )


def _prepare_output(job: Job) -> None:
    try:
        job.output.mkdir(parents=True, exist_ok=True)
        for killed in job.output.glob(f".{job.framework}-*"):  # partial output of a killed training
            shutil.rmtree(killed)
    except OSError as error:
        raise RecipeError(
            f"--output {job.output} can't be used ({error.strerror or error}); name a folder that can be written to."
        ) from error


def _is_finished(job: Job) -> bool:
    try:
        report = json.loads((job.folder / REPORT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return report.get("identity") == job.identity


def _training_data(job: Job, text_encoder: tokenization.TextEncoder) -> TrainingData:
    token_ids = text_encoder.encode([example.text for example in job.corpus.train])
    plan = plan_batches([len(ids) for ids in token_ids], job.recipe.batch_size, job.recipe.epochs, job.recipe.seed)
    return TrainingData(token_ids, _class_numbers(job.corpus, job.corpus.train), plan, text_encoder.pad_id)


def _class_numbers(corpus: Corpus, examples: Sequence) -> np.ndarray:
    numbers = {label: number for number, label in enumerate(corpus.labels)}
    return np.array([numbers[example.label] for example in examples], dtype=np.int64)


def _check_complete(monitor: Monitor, data: TrainingData) -> None:
    if monitor.step < len(data.plan.steps):
        raise Interrupted(
            f"stopped after step {monitor.step} of {len(data.plan.steps)}; the checkpoint is saved: run the same "
            "command with --resume to continue."
        )


def _report(job: Job, trainer: ModuleType, encoder: Encoder, data: TrainingData, monitor: Monitor) -> dict:
    return {
        "framework": trainer.FRAMEWORK,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "identity": job.identity,
        "code": code_digest.of_kind("training"),
        "corpus": {
            "name": job.corpus.name,
            "digest": job.corpus.digest,
            "train": len(job.corpus.train),
            "test": len(job.corpus.test),
        },
        "encoder": {"hub_id": encoder.hub_id, "revision": encoder.revision},
        "batch_plan": data.plan.digest,
        "steps": len(data.plan.steps),
        **monitor.summary(),
        "peak_memory_megabytes": _peak_memory_megabytes(),
        "peak_device_megabytes": trainer.peak_device_megabytes(),
        "processors": processors.facts(),
        "environment": {
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}, {processors.described()}",
            **trainer.environment(),
        },
    }


def _peak_memory_megabytes() -> int:
    """Return the peak memory of this process, its libraries included, in MB (1e6 bytes)."""
    import resource  # absent on Windows, where the app can still run

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6)


def _load_average() -> float | None:
    """Return the one-minute load average, which shows other work on the machine; None if the system does not tell."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _score(job: Job, trainer: ModuleType, model: object, text_encoder: tokenization.TextEncoder) -> dict[str, float]:
    token_ids = text_encoder.encode([example.text for example in job.corpus.test])
    logits = trainer.logits(model, token_ids, text_encoder.pad_id, EVALUATION_BATCH)
    if not np.isfinite(logits).all():
        raise TrainingError(
            "the trained model gives logits that are not finite, so nothing was saved; the likely cause is a learning "
            "rate that is too high: try --set learning_rate=2e-5."
        )
    return scores.scores(_class_numbers(job.corpus, job.corpus.test), logits.argmax(axis=1))


def _write(job: Job, trainer: ModuleType, model: object, encoder: Encoder, report: dict) -> None:
    try:
        with replacing_folder(job.folder) as folder:
            trainer.save(model, encoder, job.recipe, job.corpus.labels, folder)
            write_tokenizer(encoder, job.recipe, folder / trainer.TOKENIZER_FOLDER)
            write_json(folder / LABELS_FILE, list(job.corpus.labels))
            job.recipe.public().save(folder)
            write_json(folder / REPORT_FILE, report)
            _write_card(job, folder)
            for file in folder.rglob("*"):
                file.chmod(
                    0o755 if file.is_dir() else 0o644
                )  # some libraries write files that only their owner can read
    except Exception as error:
        reason = " ".join(str(error).split())
        raise TrainingError(
            f"the model could not be written to {job.folder} ({reason}); an earlier model, if any, is unchanged: make "
            "room or choose another --output."
        ) from error


def _write_card(job: Job, folder: Path) -> None:
    report = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
    library = {"pytorch": "transformers", "tensorflow": "keras-hub"}[job.framework]
    card = model_card.write(report, job.recipe, job.corpus.labels, library, job.repo_id)
    (folder / "README.md").write_text(card, encoding="utf-8")


def write_tokenizer(encoder: Encoder, recipe: Recipe, folder: Path) -> None:
    """Write the encoder's own tokenizer, without the padding and truncation that its file may ask for."""
    folder.mkdir(exist_ok=True)
    tokenizer = json.loads((encoder.folder / tokenization.FILE).read_text(encoding="utf-8"))
    write_json(folder / tokenization.FILE, tokenizer | {"padding": None, "truncation": None})
    for name in TOKENIZER_FILES:
        if (encoder.folder / name).exists():
            shutil.copyfile(encoder.folder / name, folder / name)
    config_file = folder / "tokenizer_config.json"
    config = json.loads(config_file.read_text(encoding="utf-8")) if config_file.exists() else {}
    write_json(config_file, config | {"model_max_length": recipe.max_length})
