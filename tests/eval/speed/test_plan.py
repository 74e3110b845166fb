"""Test what a benchmark measures and in which order, and the texts that it uses."""

import json
from collections import Counter

import pytest

from bakeoff.classifiers.model_folder import ModelFolder
from bakeoff.common import tokenization
from bakeoff.common.errors import CorpusError, ModelError
from bakeoff.corpus import corpus
from eval.speed.plan import FRAMEWORKS, ONCE, QUICK, SECTIONS, Settings, cases, plan, readable
from eval.speed.texts import Architecture, Cutter
from tests.support import tiny


def test_every_case_visits_both_frameworks_there_and_back_in_each_round():
    visits = plan(Settings(), SECTIONS, 512)
    assert len(set(visits)) == len(visits)
    assert {visit.case for visit in visits} == set(cases(Settings(), 512))
    for case in cases(Settings(), 512):
        mine = [visit for visit in visits if visit.case == case]
        expected = {"cold_start": 5, "variants": 5}.get(case.section, 7)
        if case.section in ONCE:
            assert [visit.framework for visit in mine] == list(FRAMEWORKS)
            continue
        assert [visit.round for visit in mine] == [number for number in range(expected) for _ in range(4)]
        for number in range(expected):
            names = [visit.framework for visit in mine if visit.round == number]
            assert names == names[::-1] and set(names) == set(FRAMEWORKS)
            assert Counter(visit.turn for visit in mine if visit.round == number) == {0: 2, 1: 2}
    assert [visit.case.section for visit in visits[:4]] == ["parity"] * 2 + ["facts"] * 2, "nothing is timed before"
    firsts = [visit.framework for visit in visits if visit.turn == 0][::2]
    assert len(set(firsts)) == 2


def test_what_was_measured_alone_counts_when_more_is_measured():
    everything = plan(QUICK, SECTIONS, 128)
    alone = plan(QUICK, ["latency"], 128)
    assert {visit.case.section for visit in alone} == {"parity", "facts", "ceiling", "latency"}
    for case in {visit.case for visit in alone}:
        assert [v for v in alone if v.case == case] == [v for v in everything if v.case == case]


def test_lengths_end_where_the_model_stops_reading():
    assert readable((16, 64, 256), 96) == [16, 64, 96] and readable((16, 64, 256), 512) == [16, 64, 256]
    assert max(case.tokens for case in cases(Settings(), 48)) == 48


@pytest.fixture(scope="module")
def encoder(encoder_folder):
    return tokenization.load(encoder_folder)


@pytest.mark.parametrize("tokens", [3, 16, 64, 512])
def test_texts_have_exactly_so_many_tokens(encoder, tokens):
    cutter = Cutter(encoder, [example.text for example in corpus.load().test])
    texts = cutter.cut(tokens, 40)
    assert {len(ids) for ids in encoder.encode(texts)} == {tokens}
    assert len(set(texts)) > 10 and texts == cutter.cut(tokens, 40)


def test_a_corpus_without_words_can_not_be_cut(encoder):
    with pytest.raises(CorpusError, match="no word of one token"):
        Cutter(encoder, ["", "  \n"])


def test_operations_are_those_that_pytorch_counts(encoder_copy):
    import torch
    import transformers
    from torch.utils.flop_counter import FlopCounterMode

    tiny.write(encoder_copy / "labels.json", ["a", "b", "c"])
    architecture = Architecture.of(ModelFolder(encoder_copy))
    config = transformers.BertConfig(**tiny.read(encoder_copy / "config.json"), num_labels=3)
    config._attn_implementation = "eager"
    model = transformers.BertForSequenceClassification(config).eval()
    for tokens in (5, 40):
        with FlopCounterMode(display=False) as counted, torch.no_grad():
            model(torch.ones((1, tokens), dtype=torch.long))
        assert architecture.operations([tokens]) == counted.get_total_flops()
    assert architecture.operations([5, 40]) == architecture.operations([5]) + architecture.operations([40])


def test_a_config_without_sizes_is_refused(encoder_copy):
    (encoder_copy / "config.json").write_text(json.dumps({"hidden_size": 3}))
    with pytest.raises(ModelError, match="sizes of a BERT"):
        Architecture.of(ModelFolder(encoder_copy))
