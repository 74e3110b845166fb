"""Evaluate two models on one test split: scores with their uncertainty, where they differ, and a verdict.

bakeoff evaluate --models runs/demo --output runs/demo/report.json
bakeoff train --recipe small --seeds 5 --output runs/five
bakeoff evaluate --models runs/five/seed-0 --seeds-dir runs/five
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from bakeoff.classifiers.base import Classifier
from bakeoff.classifiers.model_folder import ModelFolder
from bakeoff.classifiers.options import add_models, by_framework
from bakeoff.classifiers.pair import NAMES, load_classifier, locate
from bakeoff.common import options
from bakeoff.common.errors import ModelError, ReportError, one_sentence_errors
from bakeoff.common.files import json_text
from bakeoff.corpus import corpus
from bakeoff.corpus.corpus import Corpus
from eval.measure.machine import public_command
from eval.pages import html_report, wording
from eval.quality import robustness
from eval.quality.perturbations import PERTURBATIONS
from eval.quality.verdict import MARGIN
from eval.report import logits_cache, report
from eval.report.provenance import check_comparable, facets, provenance, weights_digest


class CachedModel:
    """A classifier whose framework is imported only when a text is missing from the cache.

    It implements the `Classifier` protocol.
    """

    def __init__(self, framework: str, model: str, cache: Path | None, progress: tqdm):
        self.framework = NAMES[framework]
        self.source = locate(framework, model)
        self.revision = self.source.revision
        self.folder = ModelFolder(self.source.path)
        self.labels = self.folder.labels
        self.digest = weights_digest(self.source.path)
        self._load = lambda: load_classifier(framework, model)
        self._classifier: Classifier | None = None
        self._cache, self._progress = cache, progress

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the logits (n, k) of n texts, from the cache where it has them."""
        return logits_cache.logits(
            self._answer, len(self.labels), self.digest, texts, self._cache, self._progress.update
        )

    def characters_read(self, text: str) -> int:
        """Return the number of characters, from the text's start, that the model reads."""
        return self.folder.text_encoder().characters_read(text)

    def _answer(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._classifier is None:
            self._classifier = self._load()
        return self._classifier.logits(texts)


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    command = options.command(
        "evaluate", __doc__, "bakeoff evaluate --models runs/demo --output runs/demo/report.json --html report.html"
    )
    add_models(command)
    corpus.add_corpus(command, "whose test split is used")
    command.add_argument(
        "--seeds-dir", type=Path, metavar="DIR", help="folder that `bakeoff train --seeds N --output DIR` wrote"
    )
    command.add_argument(
        "--no-robustness", action="store_true", help="leave out the perturbed texts: eight times faster"
    )
    command.add_argument(
        "--margin", type=float, default=MARGIN, metavar="SHARE", help="margin of accuracy for equivalence"
    )
    command.add_argument("--rounds", type=int, default=2000, metavar="N", help="rounds of the bootstrap")
    options.add_seed(command, "the bootstrap and the perturbations")
    command.add_argument(
        "--cache", type=Path, metavar="DIR", help="cache of predictions (default: in the user's cache)"
    )
    options.add_output(command, "where the report is written", Path("report.json"))
    command.add_argument("--html", type=Path, metavar="FILE", help="also write the report as a page to read or print")
    options.add_json(command)
    options.add_quiet(command)
    return command


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Write the report and print its verdict."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(words)
    if not 0 < arguments.margin < 1 or arguments.rounds < 100:
        raise ReportError("--margin must be between 0 and 1, and --rounds at least 100; change the flags.")
    data = corpus.from_options(arguments)
    with tqdm(desc="texts", unit="text", disable=options.hide_progress(arguments)) as bar:
        document = evaluate(arguments, data, bar, command=public_command("bakeoff evaluate", words))
    report.write(arguments.output, document)
    options.note(arguments, f"report {document['id']} written to {arguments.output}")
    if arguments.html:
        html_report.write(arguments.html, document)
        options.note(arguments, f"page written to {arguments.html}")
    print(json_text(document) if arguments.json else summary(document))
    return 0


def evaluate(arguments: argparse.Namespace, data: Corpus, bar: tqdm, command: str) -> dict:
    """Build the report that the flags ask for.

    Raises:
        ModelError: The two models can't be compared, or do not know the corpus's classes.
    """
    models = [
        CachedModel(framework, model, arguments.cache, bar)
        for framework, model in by_framework(arguments.models).items()
    ]
    check_comparable(models, data)
    runs = _seed_runs(arguments, models[0].labels, bar)
    _warn_of_other_corpus([*models, *(run for part in runs or () for run in part)], data)
    labels = models[0].labels
    texts = [example.text for example in data.test]
    references = np.array([labels.index(example.label) for example in data.test])
    bar.total = len(texts) * (len(models) + sum(map(len, runs or ((), ()))))
    logits = {model.framework: model.logits(texts) for model in models}
    seed_logits = None if runs is None else tuple([run.logits(texts) for run in part] for part in runs)
    rows = None
    if not arguments.no_robustness:
        bar.total += len(texts) * len(models) * len(PERTURBATIONS)
        rows = [row.to_json() for row in robustness.measure(models, texts, references, arguments.seed)]
    return report.build(
        {"name": data.name, "digest": data.digest, "texts": len(texts)},
        labels,
        references,
        logits,
        {model.framework: provenance(model) for model in models},
        settings={"margin": arguments.margin, "rounds": arguments.rounds, "seed": arguments.seed},
        command=command,
        facets=facets(models[0], data),
        robustness=rows,
        seed_logits=seed_logits,
        progress=bar.set_description,
    )


def summary(document: dict) -> str:
    """Format the verdicts and the main figures for the terminal."""
    lines = [document["comparison"]["headline"], document["comparison"]["explanation"], ""]
    lines.append(_row("", ("PyTorch", "TensorFlow", "TensorFlow minus PyTorch")))
    for name, compared in document["comparison"]["metrics"].items():
        lines.append(_row(name, [wording.number(compared[key]) for key in ("pytorch", "tensorflow", "difference")]))
    if document["seeds"]:
        lines += ["", document["seeds"]["headline"], document["seeds"]["explanation"]]
    return "\n".join(lines)


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name.replace('_', ' '):<28}{''.join(f'{cell:<28}' for cell in cells)}".rstrip()


def _warn_of_other_corpus(models: Sequence[CachedModel], data: Corpus) -> None:
    others = [model for model in models if model.folder.training.get("corpus", {}).get("digest") != data.digest]
    if others:
        print(
            f"warning: {len(others)} of {len(models)} models were trained on another corpus or split than {data.name} "
            f"(digest {data.digest[:12]}). If their training texts are in this test split, the scores are too high.",
            file=sys.stderr,
        )


def _seed_runs(arguments: argparse.Namespace, labels: Sequence[str], bar: tqdm) -> list[list[CachedModel]] | None:
    if arguments.seeds_dir is None:
        return None
    runs = [
        [
            CachedModel(framework, str(folder), arguments.cache, bar)
            for folder in _trained(arguments.seeds_dir, framework)
        ]
        for framework in NAMES
    ]
    if min(map(len, runs)) < 2:
        raise ReportError(
            f"{arguments.seeds_dir} holds {len(runs[0])} PyTorch and {len(runs[1])} TensorFlow models, but two of "
            "each are needed; train them with `bakeoff train --seeds 5`."
        )
    if any(run.labels != labels for part in runs for run in part):
        raise ModelError(f"a model in {arguments.seeds_dir} has other classes; train all on the same corpus.")
    return runs


def _trained(folder: Path, framework: str) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"seed-*/{framework}/labels.json"))


if __name__ == "__main__":
    sys.exit(main())
