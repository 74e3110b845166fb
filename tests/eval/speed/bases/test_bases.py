"""Test the bases: each computes our classifier's logits, trains in steps, and has its statements counted."""

import importlib

import numpy as np
import pytest

from bakeoff.corpus import corpus
from eval.measure import code_size
from eval.speed.bases import parity
from eval.speed.bases.basis import BASES, ROOM, ROOT, statements
from eval.speed.timed_classifier import Model
from eval.speed.timed_library import Library, LibraryTraining
from tests.support import tiny

LENGTH = 48
LIBRARIES = [(key, framework) for key in BASES if BASES[key].module for framework in tiny.FRAMEWORKS]
# KerasHub's `predict` traces a new graph in each call.
SLOW = [pytest.param(*case, marks=pytest.mark.slow) for case in LIBRARIES if case == ("as-shipped", "tensorflow")]
PARITY = [case for case in LIBRARIES if case != ("as-shipped", "tensorflow")] + SLOW
TEXTS = ["shares fell as profits slid", "the striker scored twice in the final", "a new phone " * 40]
HOSTILE = parity.texts(TEXTS)


@pytest.mark.parametrize(("basis", "framework"), PARITY)
def test_a_basis_gives_our_classifier_s_logits(basis, framework, tiny_runs):
    folder = str(tiny_runs / framework)
    library, ours = Library(basis, framework, folder, LENGTH), Model(framework, folder, LENGTH)
    np.testing.assert_allclose(np.asarray(library.logits(TEXTS)), ours.logits(TEXTS), atol=1e-4)
    answers = [{"logits": each.answers(HOSTILE), "token_ids": each.token_ids(HOSTILE)} for each in (library, ours)]
    found = parity.compare(*answers, basis, "tuned", framework)
    assert found["largest_difference"] < 1e-4
    assert found["texts_compared"] + len(found["read_differently"] + found["failed"]) == found["texts"] == len(HOSTILE)
    assert found["texts_compared"] >= 10
    # AutoTokenizer takes a literal [SEP] for the special token, and ours does not.
    assert ("a literal [SEP]" in found["read_differently"]) == (framework == "pytorch")


@pytest.mark.parametrize(("variant", "framework"), [("torch.export", "pytorch"), ("XLA", "tensorflow")])
def test_a_variant_gives_the_plain_model_s_logits(variant, framework, tiny_runs):
    folder = str(tiny_runs / framework)
    plain, prepared = (Library("documented", framework, folder, LENGTH, name) for name in ("plain", variant))
    for texts in (TEXTS, TEXTS[:1]):
        np.testing.assert_allclose(plain.logits(texts), prepared.logits(texts), atol=1e-4)


@pytest.mark.slow  # compiles with a C++ compiler
def test_torch_compile_gives_the_plain_model_s_logits(tiny_runs):
    folder = str(tiny_runs / "pytorch")
    plain, compiled = (Library("documented", "pytorch", folder, LENGTH, name) for name in ("plain", "torch.compile"))
    try:
        answer = compiled.logits(TEXTS)
    except Exception as error:
        if "compiler" in str(error).lower():
            pytest.skip("there is no C++ compiler")
        raise
    np.testing.assert_allclose(plain.logits(TEXTS), answer, atol=1e-4)


@pytest.mark.parametrize(("basis", "framework"), LIBRARIES)
def test_a_basis_trains_in_steps_whose_real_tokens_are_known(basis, framework, tiny_runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data, folder = corpus.load(), tiny_runs / framework
    texts = [example.text for example in data.train[:20]]
    texts[:5] = [" ".join(text.split()[:9]) for text in texts[:5]]
    labels = [data.labels.index(example.label) for example in data.train[:20]]
    recipe = {"max_length": LENGTH, "batch_size": 4}
    training = LibraryTraining(basis, framework, str(folder), recipe, texts, labels, steps=7, output=str(tmp_path))
    steps = [training.steps(2), training.steps(1)]
    seconds, lengths = ([value for step in steps for value in step[name]] for name in ("seconds", "lengths"))
    assert len(seconds) == len(lengths) == 3 and min(seconds) > 0
    read = [len(ids) for ids in Model(framework, str(folder), LENGTH).token_ids(texts)]
    assert all(set(step) <= set(read) and 1 <= len(step) <= 4 for step in lengths)
    if (basis, framework) == ("as-shipped", "tensorflow"):
        assert lengths == [read[0:4], read[4:8], read[8:12]]


def answers(logits, token_ids):
    return {"logits": logits, "token_ids": token_ids}


def rows(value):
    return [list(value) for _ in HOSTILE]


def test_logits_that_differ_are_refused_in_one_sentence():
    ours = answers(rows([1.0, 2.0]), rows([2, 3]))
    theirs = answers(rows([1.0, 2.0]), rows([2, 3]))
    assert parity.compare(ours, theirs, "documented", "tuned", "PyTorch")["largest_difference"] == 0
    theirs["logits"][-1] = [1.0, 2.01]
    with pytest.raises(parity.ReportError, match=r"PyTorch: documented gives .* by 0.01 on plain text .* nothing was"):
        parity.compare(ours, theirs, "documented", "tuned", "PyTorch")
    theirs["logits"][-1] = [1.0, float("nan")]
    with pytest.raises(parity.ReportError, match="differ from tuned by nan"):
        parity.compare(ours, theirs, "documented", "tuned", "PyTorch")


def test_texts_that_are_read_differently_are_named_and_not_compared():
    ours, theirs = answers(rows([1.0, 2.0]), rows([2, 3])), answers(rows([1.0, 2.0]), rows([2, 3]))
    theirs["token_ids"][3], theirs["logits"][3] = [2, 9, 3], [5.0, 5.0]
    theirs["token_ids"][0], theirs["logits"][0] = None, None
    found = parity.compare(ours, theirs, "documented", "tuned", "PyTorch")
    assert found["read_differently"] == [list(parity.HOSTILE)[3]] and found["failed"] == ["nothing"]
    assert found["texts_compared"] == len(HOSTILE) - 2 and found["largest_difference"] == 0
    theirs["token_ids"][len(parity.HOSTILE) :] = [[9]] * len(TEXTS)
    with pytest.raises(parity.ReportError, match="no plain text alike"):
        parity.compare(ours, theirs, "documented", "tuned", "PyTorch")


@pytest.mark.parametrize("key", BASES)
def test_the_statements_of_a_basis_are_those_of_its_files(key):
    counted = statements(key)
    for framework, name in (("pytorch", "PyTorch"), ("tensorflow", "TensorFlow")):
        files = counted[name]["files"]
        assert counted[name]["statements"] == sum(files.values())
        assert all(count == code_size.logical_lines(ROOT / path) > 0 for path, count in files.items())
        if BASES[key].module:
            assert list(files) == [f"{ROOM}/{BASES[key].module}_{framework}.py"]
            module = importlib.import_module(BASES[key].module_of(framework))
            assert callable(module.load) and callable(module.train)
        else:
            assert f"trainers/kernels_{framework}.py" in files, "tuned code counts its kernels"


def test_without_coverage_there_is_no_count(monkeypatch):
    monkeypatch.setitem(importlib.import_module("sys").modules, "coverage", None)
    assert statements("documented") is None
