"""Test `explain/table.py` and `explain/findings.py`: the table, and all findings as JSON."""

import io
import json

import pandas as pd
import pytest

from bakeoff.common.errors import InputError
from bakeoff.common.spreadsheet import to_csv
from explain.table import comparable, table
from tests.explain.lime_text.test_rounds import Planted
from tests.support.explained import HOSTILE, MODELS, findings, session


def test_one_row_a_word_in_the_texts_order_with_the_difference():
    frame = table(findings("contrary tech news tech", "tech").explanations)
    assert list(frame["word"]) == ["contrary", "tech", "news"]
    assert list(frame["times"]) == [1, 2, 1]
    assert frame["difference"].to_numpy() == pytest.approx(
        (frame["TensorFlow"] - frame["PyTorch"]).to_numpy(), abs=2e-6
    )
    assert list(frame.columns[-4:]) == ["difference", "difference low", "difference high", "clear"]


def test_the_word_that_pushes_the_models_apart_comes_first_if_asked_for():
    found = session("a news item says contrary tech").disagreement().findings
    frame = table(found.explanations, by_difference=True)
    assert frame["word"][0] in {"contrary", "tech"}
    assert frame["clear"][0] == "yes"
    assert found.words_apart()[0] == frame["word"][0]


def test_models_that_answer_differently_have_no_difference_until_one_question_is_put():
    apart = session("contrary tech")
    assert not comparable(apart.findings.explanations)
    assert "difference" not in table(apart.findings.explanations)
    asked = apart.disagreement().findings.explanations
    assert [(each.label, each.against) for each in asked] == [("tech", "sport")] * 2


def test_one_model_has_a_table_but_no_disagreement():
    alone = session("tech news", models=MODELS[:1])
    assert list(table(alone.findings.explanations).columns)[-1] == "PyTorch high"
    with pytest.raises(InputError, match="TensorFlow was not ready"):
        alone.disagreement()


def test_another_class_is_explained_with_no_call_of_a_model():
    models = [Planted("PyTorch"), Planted("TensorFlow")]
    kept = session("superb so awful", models=models)
    asked = [len(model.asked) for model in models]
    found = [kept.refit("sport").findings, kept.disagreement().findings]
    assert [len(model.asked) for model in models] == asked
    assert {each.label for each in found[0].explanations} == {"sport"}
    weights = table(found[0].explanations).set_index("word")["PyTorch"]
    assert weights["awful"] > 0 > weights["superb"]


def test_the_csv_holds_no_formula():
    frame = pd.read_csv(io.BytesIO(to_csv(table(findings("= + @").explanations))))
    assert all(word.startswith("'") for word in frame["word"])


@pytest.mark.parametrize("text", ["tech", HOSTILE, "contrary tech"])
def test_all_findings_are_json(text):
    document = json.loads(json.dumps(findings(text).to_json(), allow_nan=False))
    assert [model["framework"] for model in document["models"]] == ["PyTorch", "TensorFlow"]
    assert document["models"][0]["faithfulness"]["deletion"]["removed"][0] == 0
    assert (document["agreement"] is None) == (text == "contrary tech")
