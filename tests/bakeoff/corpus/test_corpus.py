"""Tests that a corpus is loaded and checked, or refused with one sentence that names the place and the remedy."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from bakeoff.common.errors import CorpusError
from bakeoff.common.root import ROOT
from bakeoff.corpus import __main__ as command
from bakeoff.corpus import corpus
from tests.bakeoff.corpus.test_tables import AWKWARD, assert_sentence, write
from tests.support.hub_server import FakeHub, running_hub


def rows(count: int = 20, labels: str = "ab", **columns: str) -> list[dict[str, str]]:
    return [{"text": f"text {i}", "label": labels[i % len(labels)], **columns} for i in range(count)]


def load(folder: Path, content: list[dict[str, str]], name: str = "news.csv", **options) -> corpus.Corpus:
    return corpus.load(write(folder / name, content), **options)


# Columns


@pytest.mark.parametrize(
    ("columns", "text", "label"),
    [
        ("text,label", "text", "label"),
        ("Category,TEXT", "TEXT", "Category"),
        ("id,Article ,Topic", "Article ", "Topic"),
        ("label,label_text,text", "text", "label_text"),
        ("Label Text,label,body", "body", "Label Text"),
        ("content,text,class,category", "text", "category"),
        ("text,category,label", "text", "label"),
        ("class,title,description", "title+description", "class"),
        ("headline,short_description,category", "headline+short_description", "category"),
        ("title,content,section", "content", "section"),
        ("title,label", "title", "label"),
        ("summary,label", "summary", "label"),
        ("news,type", "news", "type"),
    ],
)
def test_columns_are_found_by_their_usual_names(tmp_path, columns, text, label):
    names = columns.split(",")
    frame = pd.DataFrame({name: [f"{name} {i}" for i in range(8)] for name in names})
    frame[label] = ["x", "y"] * 4
    frame.to_csv(tmp_path / "news.csv", index=False)
    loaded = corpus.load(tmp_path / "news.csv")
    assert (loaded.text_column, loaded.label_column) == (text, label)
    assert set(loaded.train[0].columns) == set(names) - {label, *text.split("+")}


def test_named_columns_win_over_usual_names(tmp_path):
    content = [{"text": "no", "label": "no", "Wire Copy": f"text {i}", "desk": "ab"[i % 2]} for i in range(10)]
    loaded = load(tmp_path, content, text_column="wire_copy", label_column="desk")
    assert loaded.labels == ("a", "b")
    assert {example.text for example in loaded.train} < {f"text {i}" for i in range(10)}


def test_title_and_description_are_joined_as_sentences(tmp_path):
    titles = ["Rates rise", "Rates rise?", "", "Rates rise"]
    leads = ["Again one", "Again two", "Again three", ""]
    content = [{"title": t, "description": d, "label": "a"} for t, d in zip(titles, leads, strict=True)]
    texts = [example.text for example in corpus.read_examples(write(tmp_path / "news.csv", content))]
    assert texts == ["Rates rise. Again one", "Rates rise? Again two", "Again three", "Rates rise"]


# Content


def test_other_columns_are_kept_with_the_example(tmp_path):
    content = [{**row, "near": "sport" if i % 2 else ""} for i, row in enumerate(rows())]
    example = load(tmp_path, content).train[1]
    assert example.columns in ({"near": "sport"}, {"near": ""})
    assert hash(example) == hash(corpus.Example(example.text, example.label))


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_the_digest_is_the_same_in_every_folder_and_format(tmp_path, suffix):
    content = [{"text": text, "label": "ab"[i % 2]} for i, text in enumerate(AWKWARD)]
    (tmp_path / "elsewhere").mkdir()
    one, two = load(tmp_path, content), load(tmp_path / "elsewhere", content, f"other{suffix}")
    assert one.digest == two.digest
    assert (one.train, one.test) == (two.train, two.test)
    assert (one.name, two.name) == ("news.csv", f"other{suffix}")


def test_the_digest_changes_with_texts_labels_and_split(tmp_path):
    same = load(tmp_path, rows()).digest
    assert same == "7026ab914efda6ded20b8bd2201c4bd6cfe9c2955203e53c74a899ea3e7b198c"
    changed = [
        load(tmp_path, rows(), seed=1),
        load(tmp_path, rows(labels="ac")),
        load(tmp_path, [{**row, "text": row["text"] + "!"} for row in rows()]),
        load(tmp_path, rows()[::-1]),
    ]
    assert len({same, *(other.digest for other in changed)}) == 5


def test_labels_are_sorted_and_integers_by_value(tmp_path):
    assert load(tmp_path, rows(labels="cab")).labels == ("a", "b", "c")
    content = [{"text": f"text {i}", "label": str(i % 11)} for i in range(55)]
    assert load(tmp_path, content).labels == tuple(map(str, range(11)))


def test_labels_lose_their_outer_spaces(tmp_path):
    assert load(tmp_path, [{**row, "label": f" {row['label']} "} for row in rows()]).labels == ("a", "b")


def test_class_names_in_a_parquet_file_keep_their_order(tmp_path):
    import datasets

    content = [{"text": f"text {i}", "label": i % 2} for i in range(20)]
    features = datasets.ClassLabel(names=["zebra", "unused", "ant"])
    data = datasets.Dataset.from_list([{**row, "label": row["label"] * 2} for row in content])
    data.cast_column("label", features).to_parquet(tmp_path / "news.parquet")
    assert corpus.load(tmp_path / "news.parquet").labels == ("zebra", "ant")


# The split


def test_the_split_is_stratified_and_the_same_on_every_machine():
    labels = list("aaaaaaaaaabbbbbcccccccccccccccc")
    train, test = corpus.split_positions(labels, seed=0)
    assert test == [0, 5, 14, 16, 23, 25, 27]
    assert sorted(train + test) == list(range(len(labels)))
    assert Counter(labels[i] for i in test) == {"a": 2, "b": 1, "c": 4}
    assert corpus.split_positions(labels, seed=1) != (train, test)
    assert corpus.split_positions(labels, seed=0) == (train, test)


def test_a_file_is_split_once_and_no_row_is_lost(tmp_path):
    loaded = load(tmp_path, rows(50), test_share=0.3)
    assert (len(loaded.train), len(loaded.test)) == (35, 15)
    assert sorted(e.text for e in loaded.train + loaded.test) == sorted(row["text"] for row in rows(50))


@pytest.mark.parametrize("names", [("train", "test"), ("Training", "TEST "), ("train", "dev")])
def test_a_split_column_determines_the_split(tmp_path, names):
    content = [{**row, "Split": names[i >= 14]} for i, row in enumerate(rows())]
    loaded = load(tmp_path, content)
    assert [example.text for example in loaded.test] == [f"text {i}" for i in range(14, 20)]
    assert len(loaded.train) == 14


def test_a_validation_split_beside_a_test_split_is_left_out_with_a_warning(tmp_path):
    content = [{**row, "split": ["train", "validation", "test"][i // 10]} for i, row in enumerate(rows(30))]
    loaded = load(tmp_path, content)
    assert (loaded.train[0].text, loaded.test[0].text) == ("text 0", "text 20")
    assert loaded.warnings == ("The split validation (10 rows) is left out.",)
    assert load(tmp_path, content, test="validation").test[0].text == "text 10"
    assert load(tmp_path, content, split="validation").train[0].text == "text 10"


def test_a_column_called_split_with_other_values_is_just_a_column(tmp_path):
    assert len(load(tmp_path, rows(split="7-10")).test) == 4


def test_a_second_file_is_the_test_part(tmp_path):
    second = [{"text": f"test {i}", "label": "b"} for i in range(3)]
    loaded = load(tmp_path, rows(), test=write(tmp_path / "test.tsv", second))
    assert [example.text for example in loaded.test] == ["test 0", "test 1", "test 2"]
    assert len(loaded.train) == 20
    assert loaded.warnings == ('No test row has the label "a".',)


# Repetitions


def repeated() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    train = [*rows(8), {"text": "text  1\n", "label": "b"}, {"text": "both", "label": "a"}]
    test = [{"text": "both", "label": "a"}, {"text": "new", "label": "b"}, {"text": " new", "label": "b"}]
    return train, test


def test_repeated_texts_are_counted(tmp_path):
    train, test = repeated()
    loaded = load(tmp_path, train, test=write(tmp_path / "test.csv", test))
    assert (len(loaded.train), len(loaded.test)) == (10, 3)
    assert loaded.warnings == (
        "Repeated texts in the train part: 1 row; --drop-duplicates leaves such rows out.",
        "Repeated texts in the test part: 1 row; --drop-duplicates leaves such rows out.",
        "Texts of the train part that are in the test part too: 1 row; --drop-duplicates leaves such rows out.",
    )


def test_repeated_texts_are_dropped_from_train_when_also_in_test(tmp_path):
    train, test = repeated()
    loaded = load(tmp_path, train, test=write(tmp_path / "test.csv", test), drop_duplicates=True)
    assert [example.text for example in loaded.train] == [f"text {i}" for i in range(8)]
    assert [example.text for example in loaded.test] == ["both", "new"]
    assert loaded.warnings == ("3 rows with a repeated text left out.",)


def test_texts_under_two_labels_are_left_out_when_asked(tmp_path):
    content = [*rows(), {"text": "text 0", "label": "b"}]
    loaded = load(tmp_path, content, drop_duplicates=True)
    assert "text 0" not in {example.text for example in loaded.train + loaded.test}
    assert loaded.warnings == ("2 rows with the same text under two labels left out.",)


def test_rows_swallowed_by_a_stray_quote_are_pointed_out(tmp_path):
    path = tmp_path / "news.csv"
    lines = [f"text {i},{'ab'[i % 2]}" for i in range(20)]
    path.write_text("\n".join(["text,label", '"a stray quote,a', "swallowed,b", 'and"closed,a', *lines]))
    assert "in row 2; look for a double quote" in corpus.load(path).warnings[-1]


# Files without a split


def test_read_examples_takes_one_class_and_repeated_texts(tmp_path):
    path = write(tmp_path / "news.jsonl", [{"text": "same", "label": "a"}] * 2)
    assert corpus.read_examples(path) == (corpus.Example("same", "a"),) * 2


def test_read_texts_keeps_labels_where_there_are_any(tmp_path):
    assert corpus.read_texts(write(tmp_path / "a.csv", [{"text": "one"}])) == (corpus.Example("one", ""),)
    content = [{"text": "one", "label": "a", "id": "1"}, {"text": "two", "label": "", "id": "2"}]
    assert corpus.read_texts(write(tmp_path / "b.csv", content)) == (
        corpus.Example("one", "a", {"id": "1"}),
        corpus.Example("two", "", {"id": "2"}),
    )
    with pytest.raises(CorpusError, match="b.csv has 2 rows, at most 1 are taken; split it"):
        corpus.read_texts(tmp_path / "b.csv", max_rows=1)
    with pytest.raises(CorpusError, match="name one of these with --text-column: text, label, id"):
        corpus.read_texts(tmp_path / "b.csv", text_column="missing")


# Errors


def with_cell(row: int, column: str, value: str, count: int = 20) -> list[dict[str, str]]:
    return [{**content, column: value} if i == row else content for i, content in enumerate(rows(count))]


MANY = [{"text": f"text {i}", "label": f"class {i // 2}"} for i in range(202)]
REFUSED = {
    "no text column": ([{"x": "1", "label": "a"}], {}, "a usual name for texts", "--text-column: x, label"),
    "no label column": ([{"text": "1", "x": "a"}], {}, "a usual name for labels", "--label-column: text, x"),
    "unknown text column": (rows(), {"text_column": "Copy"}, 'no column "Copy"', "--text-column: text, label"),
    "unknown label column": (rows(), {"label_column": "Desk"}, 'no column "Desk"', "--label-column: text, label"),
    "part of a joined column": (rows(), {"text_column": "text+x"}, 'no column "x"', "--text-column: text, label"),
    "one column for both": (rows(), {"label_column": "text"}, 'no column "text" for labels', "--label-column: text"),
    "forty columns": ([{f"c{i}": "1" for i in range(40)}], {}, "c0, c1,", "c19 and 20 more"),
    "long column": (rows(), {"text_column": "y" * 999}, "yyy…", "name one of these"),
    "empty text": (with_cell(3, "text", ""), {}, 'empty text in row 5 (column "text")', "fill it in or delete"),
    "text of spaces": (with_cell(0, "text", " \u200b\n\x07"), {}, "empty text in row 2", "fill it in or delete"),
    "many empty texts": ([{**r, "text": ""} for r in rows()], {}, "rows 2, 3, 4, 5, 6 and 15 more", "delete the row"),
    "empty label": (with_cell(3, "label", " "), {}, 'empty label in row 5 (column "label")', "fill it in or delete"),
    "one class": (rows(labels="a"), {}, 'one class only, "a" (column "label")', "expected at least two"),
    "a class of one row": (with_cell(6, "label", "c"), {}, 'fewer than 2 rows of the class "c" (row 8)', "add rows"),
    "101 classes": (MANY, {}, "has 101 classes, expected at most 100", "with --label-column"),
    "labels by case": (with_cell(7, "label", "B"), {}, '"b" (news.csv, row 3) and "B" (news.csv, row 9)', "same way"),
    "labels by spaces": (with_cell(7, "label", "b "), {}, '"b " (news.csv, row 9)', "the same way"),
    "two labels": (with_cell(7, "text", "text 2"), {}, '"a" in news.csv, row 4, and "b" in news.csv, row 9', "keep"),
    "few rows": (rows(4), {}, "4 rows with a test share of 0.2 give 1 test row, too few for 2 classes", "--test"),
    "share": (rows(), {"test_share": 1.5}, "test share of 1.5", "expected a share between 0 and 1"),
    "seed": (rows(), {"seed": -1}, "with seed -1", "a seed from 0"),
    "unknown split": (rows(), {"split": "dev"}, '"news.csv" has no split "dev"', "with --split: train"),
    "unknown test split": (rows(), {"test": "dev"}, '"news.csv" has no split "dev"', "with --test: train"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_faults_of_the_data_give_one_sentence_with_place_and_remedy(tmp_path, case):
    content, options, place, remedy = REFUSED[case]
    with pytest.raises(CorpusError) as caught:
        load(tmp_path, content, **options)
    assert_sentence(str(caught.value), place, remedy, folder=tmp_path)


@pytest.mark.parametrize(
    ("test", "place", "remedy"),
    [
        ([{"text": "new", "label": "zoo"}], '"zoo" in row 2, which no row to train on has', "such rows to news.csv"),
        ([{"text": "new", "label": "A"}], '"a" (news.csv, row 2) and "A" (test.csv, row 2)', "the same way"),
        ([{"text": "text 0", "label": "b"}], '"a" in news.csv, row 2, and "b" in test.csv, row 2', "keep one label"),
        ([{"text": "", "label": "b"}], "test.csv has an empty text in row 2", "fill it in"),
        ([{"text": "new", "x": "b"}], "test.csv has no column", "--label-column: text, x"),
    ],
)  # fmt: skip
def test_faults_of_the_test_file_name_it(tmp_path, test, place, remedy):
    with pytest.raises(CorpusError) as caught:
        load(tmp_path, rows(), test=write(tmp_path / "test.csv", test))
    assert_sentence(str(caught.value), place, remedy, folder=tmp_path)


@pytest.mark.parametrize("source", ["no-such-thing", "a/b/c", "news.xlsx", "https://example.org/x", "x" * 400])
def test_a_source_that_is_neither_a_file_nor_an_id_is_refused(tmp_path, source):
    with pytest.raises(CorpusError) as caught:
        corpus.load(source)
    assert_sentence(str(caught.value), "neither a file nor a Hub data set id", "such as SetFit", folder=tmp_path)


@pytest.mark.parametrize("source", ["missing/news.csv", "missing.PARQUET"])
def test_a_missing_file_is_not_looked_for_on_the_hub(tmp_path, source):
    with pytest.raises(CorpusError, match="does not exist; check the path"):
        corpus.load(source)


# The Hub, through the real client


CARD = """---
configs:
- {config_name: early, data_files: [{split: train, path: train.csv}]}
- {config_name: late, data_files: [{split: train, path: test.csv}]}
---
"""
LOAD_ALL = """
import json, sys
import bakeoff.corpus.corpus as corpus, bakeoff.common.errors as errors
for options in json.loads(sys.argv[1]):
    try:
        loaded = corpus.load(**options)
    except errors.CorpusError as error:
        print(json.dumps(str(error)))
    else:
        print(json.dumps([loaded.name, loaded.labels, len(loaded.train), len(loaded.test), loaded.label_column]))
"""


# Key: a data set, with "?" where another case asks for it too. Value: options of `load`, and the expected answer.
HUB_CASES = {
    "alice/split": ({}, ["alice/split", ["a", "b"], 20, 10, "label"]),
    "alice/setfit": ({}, ["alice/setfit", ["a", "b"], 16, 4, "label_text"]),
    "alice/named": ({}, ["alice/named", ["zebra", "ant"], 16, 4, "label"]),
    "alice/hidden": ({}, ["alice/hidden", ["zebra", "ant"], 20, 10, "label"]),
    "alice/two": ({"config": "late"}, ["alice/two", ["a", "b"], 8, 2, "label"]),
    "alice/two?": ({}, 'The data set "alice/two" has several configs; name one of these with --config: '),
    "alice/two??": ({"config": "x"}, 'The data set "alice/two" has no config "x"; name one of these with --config'),
    "alice/split?": ({"split": "dev"}, '"alice/split" has no split "dev"; name one of these with --split: train'),
    "alice/none": ({}, 'The data set "alice/none" is not on the Hub, or is private; check its id, or log in with '),
    "alice/bad": ({}, 'The data set "alice/bad" can\'t be read ("Error tokenizing data.'),
    "alice/cut": ({}, 'The data set "alice/cut" is out of reach; go online to download it, or give a CSV'),
    "alice/script": ({}, 'The data set "alice/script" can\'t be read ("Dataset scripts are no longer supported'),
}  # fmt: skip


def put_data_sets(hub: FakeHub, folder: Path) -> None:
    """Publish the data sets of HUB_CASES."""
    train, test = write(folder / "train.csv", rows(20)), write(folder / "test.csv", rows(30)[20:])
    numbered = [{"text": r["text"], "label": str("ab".index(r["label"])), "label_text": r["label"]} for r in rows(20)]
    card = "---\ndataset_info:\n  features:\n  - {name: text, dtype: string}\n  - name: label\n    dtype:\n"
    card += "      class_label: {names: {'0': zebra, '1': ant}}\n---\n"
    files = {"train.csv": train.read_bytes(), "test.csv": test.read_bytes()}
    hub.put("alice/split", files, kind="dataset")
    hub.put("alice/two", {**files, "README.md": CARD.encode()}, kind="dataset")
    setfit = write(folder / "setfit.jsonl", numbered).read_bytes()
    hub.put("alice/setfit", {"train.jsonl": setfit}, kind="dataset")
    named = pd.DataFrame({"text": [r["text"] for r in rows(20)], "label": [0, 1] * 10})
    parts = {
        "train.csv": named,
        "validation.csv": named.tail(10) + [" again", 0],
        "test.csv": named.assign(label=-1),
    }
    hidden = {name: part.to_csv(index=False).encode() for name, part in parts.items()}
    hub.put("alice/hidden", {**hidden, "README.md": card.encode()}, kind="dataset")
    hub.put(
        "alice/named", {"train.csv": named.to_csv(index=False).encode(), "README.md": card.encode()}, kind="dataset"
    )
    hub.put("alice/bad", {"train.csv": b"text,label\na,b\nc,d,e\n"}, kind="dataset")
    hub.put("alice/cut", {"uncut.csv": train.read_bytes()}, kind="dataset")
    hub.faults.resets["uncut.csv"] = 9
    hub.put("alice/script", {"script.py": b"raise SystemExit"}, kind="dataset")


def test_hub_data_sets_are_read_and_refused_over_http(tmp_path):
    calls = [{"source": key.rstrip("?"), **options} for key, (options, _) in HUB_CASES.items()]
    with running_hub() as hub:
        put_data_sets(hub, tmp_path)
        env = hub.env(tmp_path / "home")
        command = [sys.executable, "-c", LOAD_ALL, json.dumps(calls)]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(HUB_CASES), done.stderr
    for answer, (_, expected) in zip(answers, HUB_CASES.values(), strict=True):
        assert answer[: len(expected)] == expected


def test_without_a_network_the_remedy_is_a_file(tmp_path):
    env = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "bakeoff.corpus", corpus.FULL_STUDY]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1  # the network failed, not the request
    sentence = done.stderr.splitlines()[-1].removeprefix("error: ")
    assert_sentence(sentence, '"SetFit/bbc-news"', "out of reach", "or give a CSV", folder=tmp_path)


# The command


def test_the_command_prints_a_profile(tmp_path, capsys):
    content = [*rows(20), {"text": "text 3", "label": "b"}, {"text": "word " * 200, "label": "a"}]
    path = write(tmp_path / "news.csv", content)
    assert command.main([str(path), "--split-seed", "3", "--max-length", "64"]) == 0
    printed = capsys.readouterr().out
    digest = corpus.load(path, seed=3).digest[:12]
    for line in (
        f"corpus      news.csv (digest {digest})",
        "columns     text from text, label from label",
        "rows        17 train, 5 test",
        "tokens      minimum 4, median 4, 95 % 4, maximum 202",
        "truncated   4.5% of the texts at 64 tokens",
        "duplicates  1 row",
        "warning     Texts of the train part that are in the test part too: 1 row; --drop-duplicates",
        "class      train     test",
    ):
        assert line in printed
    assert str(tmp_path) not in printed


def test_the_command_reports_bad_data_in_one_sentence(tmp_path, capsys):
    assert command.main([str(write(tmp_path / "news.csv", rows(labels="a")))]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == 'error: news.csv has one class only, "a" (column "label"); expected at least two.\n'
