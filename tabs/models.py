"""The tab Models shows how both models were trained, their loss curves, and whether the frameworks compute the same."""

import gradio as gr
import pandas as pd

from bakeoff.classifiers.base import BertClassifier
from bakeoff.classifiers.pair import load_pair
from bakeoff.common.html_page import COLORS
from bakeoff.corpus import corpus
from service.work.model_loader import ModelLoader
from tabs.common import percent, shows_errors
from trainers import parity

PARITY_HEADERS = ["compared", "measured", "limit", "result"]


def build_models_tab(loader: ModelLoader, tab: gr.Tab) -> None:
    """Lay out the tab and connect its events. The facts appear when the tab is selected."""
    facts, curves, check, rows = _lay_out()

    @shows_errors
    def describe():
        """Describe how both models were trained, with the loss per step."""
        classifiers = loader.classifiers()
        return fact_table(classifiers), loss_curves(classifiers)

    measured: list[pd.DataFrame] = []  # measured once for all visitors, because it needs a second copy of both models

    @shows_errors
    def check_parity(progress=gr.Progress()):  # noqa: B008  Gradio's way
        """Measure how much each model's answers change when its weights are copied into the other framework."""
        served = loader.pair()
        if not measured:
            progress(0.1, desc="Loading a second copy of both models")
            copies = load_pair(*(str(classifier.folder.path) for classifier in served))
            progress(0.4, desc="Exchanging the weights")
            measured.append(parity_table(parity.compare(copies, [example.text for example in corpus.load().test])))
        return measured[0]

    tab.select(describe, None, [facts, curves], api_name="models")
    check.click(check_parity, None, rows, api_name="parity", concurrency_limit=1)


def _lay_out() -> tuple[gr.Dataframe, gr.LinePlot, gr.Button, gr.Dataframe]:
    """Lay out the facts, the loss curves, the button that checks parity, and the rows of parity."""
    facts = gr.Dataframe(
        headers=["fact", *COLORS],
        column_widths=["200px", "500px", "500px"],
        interactive=False,
        wrap=True,
        max_height=1200,
        label="How the models were trained",
        elem_id="facts",
    )
    curves = gr.LinePlot(
        x="step",
        y="loss",
        color="framework",
        color_map=COLORS,
        title="Training loss per step",
        tooltip="all",
        height=320,
        elem_id="curves",
    )
    gr.Markdown(
        "**Parity.** Each model's weights are copied into the other framework, and both classify the sample's test "
        "split. The remaining difference comes from the frameworks themselves."
    )
    check = gr.Button("Check parity", elem_id="check-parity")
    rows = gr.Dataframe(
        headers=PARITY_HEADERS,
        column_widths=["480px", "240px", "240px", "240px"],
        interactive=False,
        wrap=True,
        label="Parity",
        elem_id="parity",
    )
    return facts, curves, check, rows


def fact_table(classifiers: tuple[BertClassifier, ...]) -> pd.DataFrame:
    """Return a table with a row per fact and a column per framework."""
    columns = {classifier.framework: _facts(classifier) for classifier in classifiers}
    names = list(next(iter(columns.values())))
    return pd.DataFrame({"fact": names, **{name: [facts[key] for key in names] for name, facts in columns.items()}})


def loss_curves(classifiers: tuple[BertClassifier, ...]) -> pd.DataFrame:
    """Return both loss curves with the columns `step` (from 1), `loss` and `framework`."""
    curves = [
        pd.DataFrame({"loss": classifier.folder.training.get("loss", []), "framework": classifier.framework})
        for classifier in classifiers
    ]
    return pd.concat([curve.assign(step=curve.index + 1) for curve in curves])


def parity_table(rows: tuple[parity.Row, ...]) -> pd.DataFrame:
    """Return the parity rows as text."""
    return pd.DataFrame(
        [[row.name, f"{row.value:.3g}", f"{row.limit:g}", "holds" if row.holds else "BROKEN"] for row in rows],
        columns=PARITY_HEADERS,
    )


def _facts(classifier: BertClassifier) -> dict[str, str]:
    training, recipe = classifier.folder.training, classifier.folder.recipe
    data, encoder, scores = (training.get(key, {}) for key in ("corpus", "encoder", "scores"))
    environment = training.get("environment", {})
    seconds = training.get("seconds_per_epoch", [])
    return {
        "revision": classifier.revision,
        "classes": ", ".join(classifier.labels),
        "encoder": f"{encoder.get('hub_id') or 'a local folder'} {encoder.get('revision', '')}".strip(),
        "corpus": f"{data.get('name', '?')} ({data.get('train', '?')} train, {data.get('test', '?')} test)",
        "corpus digest": data.get("digest", "?")[:12],
        "accuracy on its test split": percent(scores["accuracy"]) if "accuracy" in scores else "?",
        "macro F1 on its test split": f"{scores['macro_f1']:.3f}" if "macro_f1" in scores else "?",
        "recipe": ", ".join(f"{key} {value}" for key, value in recipe.items() if key != "encoder"),
        "seconds per epoch": ", ".join(f"{epoch:.1f}" for epoch in seconds) or "?",
        "tokens per second": f"{training.get('tokens_per_second') or 0:,.0f}",
        "peak memory": f"{training.get('peak_memory_megabytes', 0):,} MB",
        "load average before training": _load(training.get("load_average_before")),
        "trained": training.get("finished", "?"),
        "versions": ", ".join(f"{key} {value}" for key, value in environment.items()),
    }


def _load(before: float | None) -> str:
    return "not known" if before is None else f"{before:.2f} (0: the machine was idle)"
