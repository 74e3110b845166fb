"""Compare our explanations with stock `lime` over what a user would pick: `transformers.pipeline`, KerasHub `predict`.

python -m benchmarks.explain --models runs/bbc/pytorch runs/bbc/tensorflow --corpus bbc_test.csv --output explain.json
python -m benchmarks.explain --models runs/demo/pytorch runs/demo/tensorflow --words 20 80 --articles 2 --stock 200

All contenders explain each article in one process, in random order. Measurements are kept line by line beside the
output. After Ctrl-C, run the same command again to resume. Other work on the machine distorts the times.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from lime.lime_text import LimeTextExplainer
from tqdm import tqdm

from bakeoff.classifiers.base import Classifier, predict_proba
from bakeoff.classifiers.pair import NAMES, load_pair
from bakeoff.common.errors import CorpusError, one_sentence_errors
from bakeoff.common.files import write_json
from bakeoff.corpus import corpus
from benchmarks.explain import figures as explain_figures
from benchmarks.memory import peak_extra_megabytes
from benchmarks.stock.calls import STOCK
from eval.measure import machine
from eval.measure.measurement_log import MeasurementLog
from eval.report import logits_cache
from explain.agreement import agree
from explain.lime_text.explanation import Explanation, Settings
from explain.lime_text.rounds import explain, rounds
from explain.lime_text.sampling import draw_as_lime
from explain.lime_text.surrogate import fit
from explain.lime_text.targets import log_odds
from explain.lime_text.trust import UNTRUSTED
from explain.lime_text.units import by_word

OURS = Settings(samples=500, seconds=None)
REMOVED = (5, 10, 20, 30)  # numbers of removed words at the points of the deletion curve
TOP = 10
HEADLINE = "profits slide at drugmaker after research costs rise and sales in europe flag"

Words = list[tuple[str, float]]  # words with their weights
Job = Callable[[str, tuple[Classifier, ...]], dict[str, Any]]


def ours(text: str, pair: tuple[Classifier, ...]) -> dict[str, Any]:
    """Explain both models together, with two seeds."""
    started = time.perf_counter()
    times: dict[str, float] = {}
    for last in rounds(text, pair, settings=OURS):
        now = time.perf_counter() - started
        times.setdefault("first_round", now)
        if all(explanation.trust.level != UNTRUSTED for explanation in last.explanations):
            times.setdefault("indicative", now)
            times.setdefault("indicative_calls", last.calls)
    times["seconds"] = time.perf_counter() - started
    again = explain(text, pair, settings=Settings(samples=OURS.samples, seconds=None, seed=1))
    return {
        "seconds": times["seconds"],
        "first_round_seconds": times["first_round"],
        "seconds_to_indicative": times.get("indicative"),  # both models are indicative or stable
        "calls_to_indicative": times.get("indicative_calls"),
        "calls": last.calls,
        "ended": last.ended,
        "models": {
            first.framework: {
                "trust": first.trust.level,
                "expected_overlap": first.trust.overlap,
                "overlap": agree(first, second, TOP).overlap.value,
                "drops": drops(classifier, text, first.read, _words(first)),
            }
            for classifier, first, second in zip(pair, last.explanations, again, strict=True)
        },
    }


def stock_lime(framework: str, number: int, samples: int, predict: Callable) -> Job:
    """Explain one model's own answer with stock lime and its default settings, except that all words get weights."""

    def job(text: str, pair: tuple[Classifier, ...]) -> dict[str, Any]:
        classifier, outputs = pair[number], []

        def keep(texts: Sequence[str]) -> np.ndarray:
            outputs.append(predict(texts))
            return outputs[-1]

        column = int(classifier.logits([text])[0].argmax())
        started = time.perf_counter()
        explainer = LimeTextExplainer(class_names=list(classifier.labels), random_state=0)
        explanation = explainer.explain_instance(text, keep, labels=(column,), num_features=10**6, num_samples=samples)
        seconds = time.perf_counter() - started
        kept = np.vstack([np.ones(len(by_word(text)), bool), *[_drawn(text, samples)]])
        read = classifier.characters_read(text)
        return {
            "seconds": seconds,
            "calls": samples,
            "framework": framework,
            "overlap_of_halves": _overlap(kept, outputs[0][:, column], samples // 2),
            "overlap_at_500": _overlap(kept, outputs[0][:, column], 500) if samples >= 1000 else None,
            "drops": drops(classifier, text, read, explanation.as_list(label=column)),
        }

    return job


def equality(text: str, pair: tuple[Classifier, ...], samples: int = 100) -> dict[str, float]:
    """Return the largest difference between our weights and stock lime's, with stock settings and equal samples."""
    largest = {}
    for classifier in pair:
        settings = Settings(samples=samples, seconds=None, target="probability", stock=True)
        (mine,) = explain(text, [classifier], settings=settings)
        column = classifier.labels.index(mine.label)
        stock = LimeTextExplainer(random_state=0).explain_instance(
            text,
            lambda texts, of=classifier: predict_proba(of, texts),
            labels=(column,),
            num_features=10**6,
            num_samples=samples,
        )
        theirs = dict(stock.as_list(label=column))
        largest[classifier.framework] = max(abs(weight - theirs[word]) for word, weight in _words(mine))
    return largest


def drops(classifier: Classifier, text: str, read: int, words: Words) -> dict[str, list[float]]:
    """Return how far the log-odds of the answer fall without the top words: in the part read, and in the whole text.

    In the whole text, text after the part that is read takes the place of removed words.
    """
    ranked = [word for word, _ in sorted(words, key=lambda pair: -pair[1])]
    column, falls = int(classifier.logits([text])[0].argmax()), {}
    for name, part in (("read", text[:read]), ("whole", text)):
        units = by_word(part)
        order = [units.names.index(word) for word in ranked if word in units.names]
        texts = [units.without(~np.isin(np.arange(len(units)), order[:count])) for count in REMOVED]
        scores = log_odds(classifier.logits([part, *texts]), column)
        falls[name] = (scores[0] - scores[1:]).tolist()
    return falls


def _words(explanation: Explanation) -> Words:
    return [(part.name, part.weight) for part in explanation.parts]


def _drawn(text: str, samples: int) -> np.ndarray:
    return draw_as_lime(len(by_word(text)), samples - 1, np.random.RandomState(0))


def _overlap(kept: np.ndarray, target: np.ndarray, size: int) -> float:
    """Return the mean overlap of top words of stock fits to disjoint draws of `size` texts, each with the article."""
    tops, drawn = [], size - 1
    for start in range(1, len(kept) - drawn + 1, drawn):
        rows = [0, *range(start, start + drawn)]
        weights = fit(kept[rows], target[rows], stock=True, rounds=0).weights
        tops.append(set(np.argsort(-np.abs(weights))[:TOP]))
    return float(np.mean([len(one & other) / TOP for one, other in zip(tops, tops[1:], strict=False)]))


def articles(arguments: argparse.Namespace) -> list[str]:
    """Draw texts of the requested length at random.

    Raises:
        CorpusError: There is no such text.
    """
    data = corpus.load(arguments.corpus) if arguments.corpus == corpus.SAMPLE else None
    examples = data.test if data else corpus.read_texts(arguments.corpus)
    low, high = arguments.words
    texts = [example.text for example in examples if low <= len(example.text.split()) <= high]
    if not texts:
        raise CorpusError(f"{arguments.corpus} has no text of {low} to {high} words; change --words.")
    random.Random(arguments.seed).shuffle(texts)
    return texts[: arguments.articles]


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    out = argparse.ArgumentParser(prog="python -m benchmarks.explain", description=__doc__.split("\n")[0])
    out.add_argument("--models", nargs=2, required=True, metavar=("PYTORCH", "TENSORFLOW"), help="folders")
    out.add_argument("--corpus", default=corpus.SAMPLE, help="a file of texts, or `sample` (default)")
    out.add_argument("--articles", type=int, default=20, help="how many (default: 20)")
    out.add_argument("--words", type=int, nargs=2, default=(250, 350), metavar=("LEAST", "MOST"), help="in an article")
    out.add_argument("--stock", type=int, default=5000, metavar="N", help="samples of stock lime (default: 5000)")
    out.add_argument("--seed", type=int, default=0, help="of the articles and of the contenders' order (default: 0)")
    out.add_argument("--output", type=Path, default=Path("explain.json"), metavar="FILE")
    return out


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the figures and write them."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser().parse_args(given)
    computer = machine.record()
    texts = articles(arguments)
    pair = tuple(load_pair(*arguments.models))
    window = pair[0].text_encoder.max_length
    contenders: dict[str, Job] = {"ours": ours}
    for number, (key, build) in enumerate(STOCK.items()):
        predict = build(Path(arguments.models[number]), window)
        predict([HEADLINE] * 2)  # warmed up, as ours is
        contenders[explain_figures.STOCK.format(NAMES[key])] = stock_lime(NAMES[key], number, arguments.stock, predict)
    about = subject(arguments, texts)
    log = MeasurementLog(arguments.output.with_suffix(".jsonl"), about)
    jobs = plan(len(texts), list(contenders), arguments.seed)
    try:
        for number, name in tqdm([job for job in jobs if job not in log.measured], desc="explanations", disable=None):
            log.add((number, name), contenders[name](texts[number], pair))
    except KeyboardInterrupt:
        print("stopped; the figures are of what was measured so far.", file=sys.stderr)
    figures = explain_figures.summarize(log.measured) | single_figures(texts[0], pair)
    write_json(
        arguments.output,
        {
            "command": machine.public_command("python -m benchmarks.explain", given),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            **about,
            "window": window,
            "articles": len(texts),
            "machine": computer,
            "figures": figures,
        },
    )
    print("\n".join(explain_figures.lines(figures)))
    return 0


def plan(count: int, names: list[str], seed: int) -> list[tuple[int, str]]:
    """List all contenders on each article, in random order per article."""
    order = random.Random(seed)
    return [(number, name) for number in range(count) for name in order.sample(names, len(names))]


def single_figures(article: str, pair: tuple[Classifier, ...]) -> dict[str, Any]:
    """Measure once: equality with stock lime, peak memory, and the time to a headline's first result."""
    started = time.perf_counter()
    next(rounds(HEADLINE, pair, settings=OURS))
    return {
        "headline_first_round_seconds": time.perf_counter() - started,
        "largest_difference_to_stock_weights": equality(article, pair),
        "peak_extra_megabytes": peak_extra_megabytes(lambda: explain(article, pair, settings=OURS)),
    }


def subject(arguments: argparse.Namespace, texts: Sequence[str]) -> dict[str, Any]:
    """Return what identifies a run's measurements."""
    models = {
        name: logits_cache.weights_digest(Path(model))
        for name, model in zip(NAMES.values(), arguments.models, strict=True)
    }
    return {"models": models, "texts": logits_cache.texts_digest(texts)[:16], "stock": arguments.stock}


if __name__ == "__main__":
    sys.exit(main())
