"""Explanations as one JSON document: for the terminal's `--json`, the page's API and whoever reads them later."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from explain.agreement import agree
from explain.difference import compare
from explain.faithfulness import Faithfulness
from explain.lime_text import Explanation, Round, Settings

PACKAGES = ("lime", "torch", "tensorflow", "numpy", "scikit-learn", "scipy")


def document(
    explanations: Sequence[Explanation],
    settings: Settings,
    last: Round | None = None,
    faithfulness: Sequence[Faithfulness] = (),
) -> dict[str, Any]:
    """Everything that is known of one text's explanations; numbers are finite, what is not defined is null.

    Args:
        explanations: one a model.
        settings: they were made with.
        last: the last round of sampling, which says what it cost and why it ended.
        faithfulness: one a model, if it was measured.
    """
    first = explanations[0]
    out: dict[str, Any] = {
        "text": first.text,
        "characters_read": first.read,
        "settings": asdict(settings),
        "versions": {name: version(name) for name in PACKAGES},
        "models": [_model(each) for each in explanations],
    }
    if last is not None:
        out |= {"calls": last.calls, "seconds": round(last.seconds, 3), "ended": last.ended or "stopped"}
    for each, measured in zip(out["models"], faithfulness, strict=False):
        each["faithfulness"] = asdict(measured)
    if len(explanations) == 2:
        agreement = agree(*explanations)
        out["agreement"] = {
            "top": agreement.top,
            "overlap": agreement.overlap.to_json(),
            "rank_correlation": agreement.rank_correlation.to_json(),
            "sign_agreement": agreement.sign_agreement.to_json(),
        }
        out["difference"] = [
            {"word": row.name, "value": row.value, "low": row.low, "high": row.high} for row in compare(*explanations)
        ]
    return out


def _model(explanation: Explanation) -> dict[str, Any]:
    return {
        "framework": explanation.framework,
        "revision": explanation.revision,
        "answer": explanation.predicted,
        "label": explanation.label,
        "against": explanation.against or None,
        "probability": explanation.probability,
        "target": explanation.target,
        "samples": explanation.samples,
        "r2": explanation.r2,
        "r2_unseen": explanation.r2_unseen,
        "trust": asdict(explanation.trust),
        "words": [asdict(part) for part in explanation.heaviest()],
    }
