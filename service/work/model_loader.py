"""Loads both models in the background, so that the page opens at once and each model answers as soon as it is ready."""

import atexit
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

from bakeoff.classifiers.base import BertClassifier
from bakeoff.classifiers.pair import NAMES, Pair, load_classifier, may_be_on_hub
from bakeoff.common.errors import BakeoffError, HubUnreachable, ModelError, ReportError
from bakeoff.common.paused_gc import paused_gc
from bakeoff.common.root import ROOT
from bakeoff.corpus import corpus
from eval.report import in_memory, report
from eval.report import provenance as models
from trainers.monitor import PROGRESS_FILE
from trainers.recipe import preset

FRAMEWORKS = tuple(NAMES)
HUB_WAITS = (2.0, 5.0, 10.0, 30.0, 60.0)  # seconds between attempts to reach the Hub; the last value repeats
THREAD = "model-loader"
WARM_UP = "A first text, so that no visitor waits for the first call."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """What the loader is doing.

    Attributes:
        text: One sentence for the page.
        share: The finished share of the work in progress, from 0 to 1; None if it is unknown.
        finished: Whether nothing more will change.
        failed: Whether a model failed to load or could not be pulled yet. The text says why.
    """

    text: str
    share: float | None = None
    finished: bool = False
    failed: bool = False


class ModelLoader:
    """The two models of the app, per framework. It can train and evaluate the demo pair first.

    While the Hub is out of reach, as it may be when a machine starts, the loader tries again. Every other error is
    final: a missing folder, a name that the Hub does not know, or refused files.

    Args:
        models: The folder or Hub id of each framework's model.
        demo: The folder of the demo pair, if `models` names it and it may have to be trained.
        report: The file of the pair's own report, if it has one.
        evaluate: Whether to evaluate the pair on the sample if the report is missing or describes other weights.
    """

    def __init__(
        self, models: Mapping[str, str], demo: Path | None = None, report: Path | None = None, evaluate: bool = False
    ):
        self.models = dict(models)
        self.report = report
        self._demo = demo
        self._evaluate = evaluate
        self._evaluation: in_memory.Step | None = None
        self._evaluation_error = ""
        self._ready: dict[str, BertClassifier] = {}
        self._pair: Pair | None = None
        self._failed: dict[str, str] = {}
        self._tell_failed: Callable[[], None] = lambda: None
        self._awaited: dict[str, str] = {}  # per framework: why it could not be pulled so far
        self._stopped = threading.Event()
        self._error = ""
        self._now = "starting"
        self._training: subprocess.Popen | None = None
        self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)

    def start(self, failed: Callable[[], None] = lambda: None) -> "ModelLoader":
        """Begin to load the models.

        Args:
            failed: A callback for when the pair will never be ready. The loader's thread calls it, perhaps repeatedly.
        """
        self._tell_failed = failed
        atexit.register(self.stop)
        self._thread.start()
        return self

    def stop(self) -> None:
        """End a running training, whose checkpoint stays, and stop waiting for the Hub."""
        self._stopped.set()
        if self._training is not None and self._training.poll() is None:
            self._training.terminate()
            self._training.wait()

    def wait(self, seconds: float | None = None) -> Pair:
        """Wait until both models are loaded and return the pair.

        Args:
            seconds: The longest time to wait; None waits without a limit.

        Raises:
            ModelError: A model was not trained or loaded in this time, or the two can't be compared.
        """
        self._thread.join(seconds)
        return self.pair()

    def classifiers(self) -> tuple[BertClassifier, ...]:
        """Return the models that are ready, PyTorch first.

        Raises:
            ModelError: No model is ready yet, or the two can't be compared.
        """
        if self._error and not self._ready:
            raise ModelError(self._error)
        if not self._ready:
            raise ModelError(f"The models are not ready yet ({self._now}); try again when the line at the top says so.")
        if self._error and len(self._ready) == len(FRAMEWORKS):
            raise ModelError(self._error)
        return tuple(self._ready[framework] for framework in FRAMEWORKS if framework in self._ready)

    def pair(self) -> Pair:
        """Return both models.

        Raises:
            ModelError: One model is not ready, or the two can't be compared.
        """
        if self._pair is None:
            raise ModelError(self._error or f"Both models are needed and not ready yet ({self._now}).")
        return self._pair

    @property
    def from_hub(self) -> bool:
        """Return whether a model's name may be one on the Hub."""
        return any(may_be_on_hub(model) for model in self.models.values())

    @property
    def failures(self) -> dict[str, str]:
        """Return, per framework that failed to load, a sentence with the reason and what to do."""
        return {NAMES[framework]: reason for framework, reason in list(self._failed.items())}

    def progress(self) -> Progress:
        """Return what the loader is doing."""
        if self._error:
            return Progress(self._error, finished=True, failed=True)
        if self._pair is not None:
            return self._ready_progress()
        if self._training is not None and self._training.poll() is None:
            return self._training_progress()
        states = [f"{NAMES[framework]} is ready; " for framework in FRAMEWORKS if framework in self._ready]
        states += [f"{NAMES[framework]} could not be loaded; " for framework in self._failed]
        states += [f"{NAMES[framework]}: {reason} " for framework, reason in self._awaited.items()]
        return Progress(f"{''.join(states)}{self._now} …", failed=bool(self._failed or self._awaited))

    def _ready_progress(self) -> Progress:
        notices = "".join(f" {model.notice}" for model in self._pair if model.notice)
        step = self._evaluation
        if step is not None and step.report is None and not self._evaluation_error:
            sentence = f"Both models are ready. Evaluating them on the sample's test split: {step.words} …{notices}"
            return Progress(sentence, step.share)
        error = f" {self._evaluation_error}" if self._evaluation_error else ""
        return Progress(f"Both models are ready.{error}{notices}", finished=True)

    def _training_progress(self) -> Progress:
        sentence = "First start: training the demo models on the shipped sample"
        try:
            report = json.loads((self._demo / PROGRESS_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # not written yet, or just removed
            return Progress(f"{sentence} …")
        done = list(NAMES.values()).index(report["framework"])
        share = (done + report["step"] / report["steps"]) / len(NAMES)
        left = report["seconds_left"]
        remaining = "" if left is None else f", about {left:.0f} s left for it"
        return Progress(
            f"{sentence}: {report['framework']}, step {report['step']} of {report['steps']}{remaining}.", share
        )

    def _run(self) -> None:
        try:
            if self._demo is not None:
                self._train_demo()
            with paused_gc():
                # One after the other: two threads that import at once would wait for each other.
                for framework in FRAMEWORKS:
                    self._load(framework)
            if self._failed:
                self._tell_failed()
            self._load_awaited()
            if self._failed:
                answering = "".join(f" {NAMES[framework]} answers alone." for framework in self._ready)
                raise ModelError(" ".join(f"{name}: {reason}" for name, reason in self.failures.items()) + answering)
            pair = Pair(**self._ready)
            if self._evaluate:
                self._evaluation = in_memory.Step(0.0, "reading the existing report")
            self._pair = pair
        except BakeoffError as error:
            self._give_up(str(error))
            if not self._failed and not self._stopped.is_set():  # failed models have been logged already
                log.error("the models can't be served: %s", error)
        except Exception:
            log.exception("the models could not be loaded")
            self._give_up("The models could not be loaded because of a fault in the program; its log says more.")
        else:
            self._make_report()

    def _give_up(self, reason: str) -> None:
        self._error = reason
        self._tell_failed()

    def _load(self, framework: str) -> None:
        """Load one model and let it answer once. An error does not affect the other framework."""
        self._now = f"loading {NAMES[framework]} from {self.models[framework]}"
        try:
            classifier = load_classifier(framework, self.models[framework])
            classifier.logits([WARM_UP])
        except HubUnreachable as error:
            log.warning("%s can't be pulled yet: %s", NAMES[framework], error)
            self._awaited[framework] = str(error)
        except BakeoffError as error:
            log.error("%s can't be loaded: %s", NAMES[framework], error)
            self._failed[framework] = str(error)
        except Exception:
            log.exception("%s could not be loaded", NAMES[framework])
            self._failed[framework] = "it could not be loaded because of a fault in the program; its log says more."
        else:
            self._ready[framework] = classifier

    def _load_awaited(self) -> None:
        """Try to pull the missing models again, until they are loaded or the app stops."""
        for wait in chain(HUB_WAITS, repeat(HUB_WAITS[-1])):
            if not self._awaited:
                return
            self._now = f"trying again in {wait:.0f} s"
            if self._stopped.wait(wait):
                raise ModelError(" ".join(self._awaited.values()))
            for framework in list(self._awaited):
                del self._awaited[framework]
                self._load(framework)
            if self._failed:
                self._tell_failed()

    def _make_report(self) -> None:
        """Write the pair's own report if it is requested. The models stay in service after an error."""
        if not self._evaluate:
            return
        try:
            data = corpus.load()
            if self._has_report(data):
                self._evaluation = None
                return
            command = "bakeoff evaluate --models pytorch tensorflow --no-robustness"
            for step in in_memory.evaluate(tuple(self._pair), data, command=command, keep=True):
                if step.report is not None:
                    report.write(self.report, step.report)
                self._evaluation = step
        except (BakeoffError, OSError) as error:
            self._evaluation_error = f"They could not be evaluated: {error}"
        except Exception:
            log.exception("the models could not be evaluated")
            self._evaluation_error = "They could not be evaluated because of a fault in the program; its log says more."

    def _has_report(self, data: corpus.Corpus) -> bool:
        try:
            document = report.read(self.report)
        except ReportError:  # it is missing, of an earlier version, or cut off by a crash: evaluate again
            return False
        return document["corpus"]["digest"] == data.digest and not models.mismatch(document, tuple(self._pair))

    def _train_demo(self) -> None:
        from trainers import job  # imports scikit-learn, which only a start with a training needs

        self._now = "training the demo models"
        job.forget_other_checkpoints(
            self._demo, preset("demo"), corpus.load()
        )  # those of an earlier version of Bakeoff
        command = ["-m", "trainers", "--recipe", "demo", "--output", str(self._demo), "--resume"]
        self._training = subprocess.Popen(  # the operator sees its progress
            [sys.executable, *command], cwd=ROOT, stdout=sys.__stdout__, stderr=sys.__stderr__
        )
        status = self._training.wait()
        if status:
            raise ModelError(
                f"The training of the demo models ended with exit status {status}; see the terminal, then start again."
            )
