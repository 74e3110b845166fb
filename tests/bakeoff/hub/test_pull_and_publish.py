"""Test pulling and publishing over real HTTP: huggingface_hub's client against `tests/support/hub_server.py`."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import h5py
import pytest
from huggingface_hub import constants

from bakeoff.common.root import ROOT
from bakeoff.hub import publish, pull
from tests.support.hub_folder import ALICE, FILES, sentence, write
from tests.support.tiny import contents

KERAS_CONFIG = {"module": "keras_hub.src.models.bert.bert_backbone", "class_name": "BertBackbone"} | {
    "config": {"dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {}, "registered_name": None}},
    "registered_name": "keras_hub>BertBackbone",
}


def downloads(server) -> list[str]:
    return [line for line in server.requests if line.startswith("GET") and "/resolve/" in line]


# Publishing


def test_what_was_published_comes_back_byte_for_byte(connected_hub, folder):
    stages = []
    published = publish.publish(folder, "alice/news", token=ALICE, progress=stages.append)
    assert (published.repo_id, published.tag) == ("alice/news", "v1")
    assert published.url == f"{connected_hub.endpoint}/alice/news"
    assert len(stages) == 3
    snapshot = pull.pull("alice/news", required=pull.PYTORCH_FILES)
    assert snapshot.revision == published.revision
    assert snapshot.notice == ""
    assert contents(snapshot.path).items() >= FILES.items()


def test_a_new_version_drops_stale_files_and_gets_the_next_tag(connected_hub, folder):
    first = publish.publish(folder, "alice/news", token=ALICE)
    (folder / "README.md").unlink()
    (folder / "model.safetensors").write_bytes(b"better")
    second = publish.publish(folder, "alice/news", token=ALICE)
    repo = connected_hub.repos["model", "alice/news"]
    assert repo.tags == {"v1": first.revision, "v2": second.revision}
    assert repo.at("v2").parent == first.revision, "one commit a version"
    assert "README.md" not in repo.at("v2").files
    assert contents(pull.pull("alice/news").path)["model.safetensors"] == b"better"
    pinned = pull.pull("alice/news", first.revision)
    assert contents(pinned.path).items() >= FILES.items()
    assert pull.pull("alice/news", "v1") == pinned


def test_publishing_the_same_bytes_again_makes_no_new_version(connected_hub, folder):
    first = publish.publish(folder, "alice/news", token=ALICE)
    assert publish.publish(folder, "alice/news", token=ALICE) == first
    assert len(connected_hub.repos["model", "alice/news"].commits) == 2


def test_a_tag_of_ones_own_is_set_once(connected_hub, folder):
    assert publish.publish(folder, "alice/news", token=ALICE, tag="paper").tag == "paper"
    (folder / "recipe.json").write_bytes(b"[]")
    commits = len(connected_hub.repos["model", "alice/news"].commits)
    assert "already has a tag 'paper'" in sentence(publish.publish, folder, "alice/news", token=ALICE, tag="paper")
    assert len(connected_hub.repos["model", "alice/news"].commits) == commits


def test_dot_files_and_checkpoints_stay_behind(connected_hub, folder):
    write(folder, {".env": b"SECRET", ".cache/a.json": b"{}", "checkpoint-5/optimizer.pt": b"x", "sub/.x.json": b"{}"})
    publish.publish(folder, "alice/news", token=ALICE)
    files = connected_hub.repos["model", "alice/news"].at("main").files
    assert set(files) == {*FILES, ".gitattributes", "bakeoff.json"}


def test_what_the_hub_serves_differently_is_named_and_not_tagged(connected_hub, folder):
    connected_hub.faults.bodies["model.safetensors"] = b"\0" * len(FILES["model.safetensors"])
    message = sentence(publish.publish, folder, "alice/news", token=ALICE)
    assert "model.safetensors" in message
    assert "README.md" not in message
    assert connected_hub.repos["model", "alice/news"].tags == {}


def test_a_private_repository_is_private_from_the_start(connected_hub, folder):
    published = publish.publish(folder, "alice/secret", private=True, token=ALICE)
    assert connected_hub.repos["model", "alice/secret"].private
    assert "no repository 'alice/secret'" in sentence(pull.pull, "alice/secret")
    assert "no repository" in sentence(pull.pull, "alice/secret", token=connected_hub.token("bob"))
    reader = connected_hub.token("alice", "read")
    assert pull.pull("alice/secret", token=reader).revision == published.revision


def test_private_refuses_a_repository_that_is_public_already(connected_hub, folder):
    publish.publish(folder, "alice/news", token=ALICE)
    commits = len(connected_hub.repos["model", "alice/news"].commits)
    (folder / "recipe.json").write_bytes(b"[]")
    assert "is public" in sentence(publish.publish, folder, "alice/news", private=True, token=ALICE)
    assert len(connected_hub.repos["model", "alice/news"].commits) == commits


@pytest.mark.parametrize(
    ("token", "repo_id", "expected"),
    [
        (None, "alice/news", "set HF_TOKEN or run `hf auth login`"),
        ("hf_" + "0" * 34, "alice/news", "does not accept the token"),
        ("hf_bad\ntoken", "alice/news", "characters that no token has"),
        ("hf_grün", "alice/news", "characters that no token has"),
        ("alice read", "alice/news", "use one that may write to alice/news"),
        ("bob write", "alice/news", "who may not publish alice/news"),
        ("bob write", "alice/old", "who may not publish alice/old"),
        (ALICE, "news", "expected user/name"),
        (ALICE, "alice/news@v1", "expected user/name"),
        (ALICE, "alice/../news", "not a model on the Hub"),
    ],
)
def test_who_may_not_publish_is_told_why(connected_hub, folder, token, repo_id, expected):
    connected_hub.put("alice/old", FILES)
    if token and " " in token:
        token = connected_hub.token(*token.split())
    message = sentence(publish.publish, folder, repo_id, token=token)
    assert expected in message
    assert token is None or token not in message
    assert ("model", "alice/news") not in connected_hub.repos


def test_a_push_in_between_is_not_overwritten(connected_hub, folder, monkeypatch):
    publish.publish(folder, "alice/news", token=ALICE)
    (folder / "recipe.json").write_bytes(b"[]")
    listing = publish._open_repo

    def then_somebody_pushes(*args):
        found = listing(*args)
        connected_hub.put("alice/news", {"theirs.json": b"{}"})
        return found

    monkeypatch.setattr(publish, "_open_repo", then_somebody_pushes)
    assert "(412)" in sentence(publish.publish, folder, "alice/news", token=ALICE)
    assert set(connected_hub.repos["model", "alice/news"].at("main").files) == {"theirs.json"}


@pytest.mark.parametrize("place", ["README.md", "recipe.json", "sub/notes.txt"])
def test_a_token_in_a_text_is_never_published(connected_hub, folder, place):
    other = connected_hub.token("bob")
    write(folder, {place: json.dumps({"said": other}).encode()})
    message = sentence(publish.publish, folder, "alice/news", token=ALICE)
    assert place in message
    assert other not in message
    assert connected_hub.requests == []


def test_links_and_empty_folders_are_not_published(connected_hub, folder, tmp_path):
    (tmp_path / "outside.json").write_text("{}")
    (folder / "linked.json").symlink_to(tmp_path / "outside.json")
    assert "linked.json" in sentence(publish.publish, folder, "alice/news", token=ALICE)
    (tmp_path / "empty").mkdir()
    assert "is empty" in sentence(publish.publish, tmp_path / "empty", "alice/news", token=ALICE)
    assert "is not a folder" in sentence(publish.publish, tmp_path / "absent", "alice/news", token=ALICE)
    assert connected_hub.requests == []


# Refusals


UNSAFE_NAMES = ["pytorch_model.bin", "a.pt", "a.pth", "a.pkl", "a.ckpt", "a.msgpack", "a.npy", "a.npz", "a.joblib"]
UNSAFE_NAMES += ["modeling.py", "model.keras", "saved_model.pb", "tf_model.h5", "a.exe", "noextension", "a.json.py"]
UNSAFE_PATHS = ["../evil.json", "/etc/evil.json", "a/../../evil.json", "a\\evil.json", ".ssh/config.json", "a\n.json"]
UNSAFE_PATHS += ["c:evil.json", "a//b.json", "*.json", "é.json", "a/./b.json", "x" * 300 + ".json"]


@pytest.mark.parametrize("name", UNSAFE_NAMES + UNSAFE_PATHS)
def test_unsafe_files_of_a_repository_are_refused_before_any_download(connected_hub, name):
    connected_hub.put("alice/evil", {**FILES, name: b"{}"})
    message = sentence(pull.pull, "alice/evil")
    assert repr(name) in message
    assert ("unsafe path" in message) == (name in UNSAFE_PATHS)
    assert downloads(connected_hub) == []


@pytest.mark.parametrize("name", UNSAFE_NAMES)
def test_unsafe_files_of_a_folder_are_refused_before_any_upload(connected_hub, folder, name):
    write(folder, {name: b"x"})
    assert repr(name) in sentence(publish.publish, folder, "alice/news", token=ALICE)
    assert connected_hub.requests == []


UNSAFE_JSON = [
    ("config.json", {"auto_map": {"AutoModel": "modeling.Evil"}}, "auto_map"),
    ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["a.B", None]}}, "auto_map"),
    ("config.json", {"text_config": [{"auto_map": "x"}]}, "auto_map"),
    ("config.json", {"custom_pipelines": {"x": {"impl": "a.B"}}}, "custom_pipelines"),
    ("task.json", {"class_name": "Lambda", "config": {"function": "…"}}, "Lambda"),
    ("task.json", {"config": {"layers": [{"class_name": "Lambda"}]}}, "Lambda"),
    ("task.json", {"class_name": "function", "config": "system", "module": "os"}, "function"),
    ("task.json", {"class_name": "__lambda__", "config": {"value": "4wAA"}}, "__lambda__"),
    ("preprocessor.json", {"class_name": "BertTokenizer", "module": "evil.code", "config": {}}, "evil.code"),
    ("config.json", {**KERAS_CONFIG, "registered_name": "evil>BertBackbone"}, "evil>BertBackbone"),
    ("config.json", {**KERAS_CONFIG, "registered_name": "keras_hub>GPT2Backbone"}, "GPT2Backbone"),
    ("tokenizer.json", {"class_name": "BertTokenizer", "config": {"vocabulary": "/etc/passwd"}}, "/etc/passwd"),
]


@pytest.mark.parametrize(("name", "content", "expected"), UNSAFE_JSON)
def test_code_that_a_configuration_asks_for_is_refused(connected_hub, folder, name, content, expected):
    body = json.dumps(content).encode()
    connected_hub.put("alice/evil", {**FILES, name: body})
    message = sentence(pull.pull, "alice/evil")
    assert name in message
    assert expected in message
    write(folder, {name: body})
    assert expected in sentence(publish.publish, folder, "alice/news", token=ALICE)
    assert ("model", "alice/news") not in connected_hub.repos


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000])
def test_json_that_is_none_is_refused(connected_hub, body):
    connected_hub.put("alice/evil", {**FILES, "config.json": body})
    assert "'config.json', which is not valid JSON" in sentence(pull.pull, "alice/evil")


def keras_files(tmp_path: Path, spoil=None) -> dict[str, bytes]:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["layers/dense/vars/0"] = [1.0, 2.0]
        if spoil:
            spoil(file)
    weights = (tmp_path / "w.h5").read_bytes()
    preset = json.dumps(KERAS_CONFIG).encode()
    names = {"config.json": preset, "task.json": preset, "assets/tokenizer/vocabulary.txt": b"[PAD]\n"}
    return (
        names
        | {"model.weights.h5": weights, "task.weights.h5": weights}
        | {
            "labels.json": b"[]",
            "recipe.json": b"{}",
        }
    )


def test_a_keras_preset_is_pulled(connected_hub, tmp_path):
    files = keras_files(tmp_path)
    connected_hub.put("alice/keras", files)
    assert contents(pull.pull("alice/keras", required=pull.TENSORFLOW_FILES).path) == files


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.__setitem__("layers/x", h5py.ExternalLink("/etc/passwd", "/")),
        lambda file: file.create_dataset("layers/x", (4,), "i1", external=[("/etc/passwd", 0, 4)]),
        lambda file: file.__setitem__("layers/x", h5py.SoftLink("/layers/dense")),
    ],
    ids=["external link", "external data", "soft link"],
)
def test_keras_weights_that_read_other_files_are_refused(connected_hub, tmp_path, spoil):
    connected_hub.put("alice/evil", keras_files(tmp_path, spoil))
    message = sentence(pull.pull, "alice/evil")
    assert "weights.h5" in message
    assert "layers/x" in message


def test_an_encoder_is_pulled_without_what_else_lies_beside_it(connected_hub):
    others = {"pytorch_model.bin": b"pickle", "tf_model.h5": b"x", "flax_model.msgpack": b"x", "modeling.py": b"x"}
    wanted = {name: FILES.get(name, b"{}") for name in pull.ENCODER_FILES}
    connected_hub.put("google/bert", wanted | others)
    assert contents(pull.pull_encoder("google/bert").path) == wanted
    assert not any(name in line for line in downloads(connected_hub) for name in others)


def test_an_encoder_without_safetensors_is_refused(connected_hub):
    connected_hub.put("old/bert", {"config.json": b"{}", "vocab.txt": b"a", "pytorch_model.bin": b"pickle"})
    assert "lacks model.safetensors" in sentence(pull.pull_encoder, "old/bert")


# Pulling: refusals of the Hub


def test_required_files_are_checked_before_any_download(connected_hub):
    connected_hub.put("alice/half", {"config.json": b"{}", "labels.json": b"[]"})
    message = sentence(pull.pull, "alice/half", required=pull.PYTORCH_FILES)
    assert "lacks model.safetensors, tokenizer.json, recipe.json" in message
    assert downloads(connected_hub) == []


@pytest.mark.parametrize("user", [None, "bob"])
def test_a_missing_repository_or_revision_is_told_apart(connected_hub, user):
    connected_hub.put("alice/news", FILES)
    token = user and connected_hub.token(user)
    assert "no repository 'alice/olds'" in sentence(pull.pull, "alice/olds", token=token)
    assert "no revision 'v9'" in sentence(pull.pull, "alice/news", "v9", token=token)
    assert "no revision" in sentence(pull.pull, "alice/news", "0" * 40, token=token)


@pytest.mark.parametrize("user", [None, "bob"])
def test_a_gated_repository_says_where_to_accept_its_terms(connected_hub, user):
    connected_hub.put("alice/gated", FILES, gated=True)
    message = sentence(pull.pull, "alice/gated", token=user and connected_hub.token(user))
    assert f"accept its terms at {connected_hub.endpoint}/alice/gated" in message


def test_an_invalid_token_is_named_as_the_cause(connected_hub, monkeypatch):
    connected_hub.put("alice/news", FILES)
    monkeypatch.setenv("HF_TOKEN", "hf_" + "1" * 34)
    assert "does not accept the token" in sentence(pull.pull, "alice/news")


@pytest.mark.parametrize("model_id", ["", "a b", "a/b/c", "alice/news@", "alice/news@a b", "alice/news@../x", "@v1"])
def test_what_is_no_model_id_is_refused(model_id):
    sentence(pull.parse_model_id, model_id)


def test_model_ids_are_split():
    assert pull.parse_model_id("alice/news@v1") == ("alice/news", "v1")
    assert pull.parse_model_id("alice/news@refs/pr/1") == ("alice/news", "refs/pr/1")
    assert pull.parse_model_id("alice/news") == ("alice/news", None)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(402, "no room"), (413, "no room"), (409, "conflict"), (418, "refused the request")],
)
def test_other_refusals_of_a_commit_have_their_sentence(connected_hub, folder, status, expected):
    connected_hub.faults.statuses["/commit/main"] = (status, 1)
    assert expected in sentence(publish.publish, folder, "alice/news", token=ALICE)
    assert connected_hub.repos["model", "alice/news"].tags == {}


def test_a_card_with_broken_metadata_is_named(connected_hub, folder):
    (folder / "README.md").write_text("---\ntags: [unclosed\n---\n# A model\n")
    message = sentence(publish.publish, folder, "alice/news", token=ALICE)
    assert "metadata of README.md" in message
    assert len(connected_hub.repos["model", "alice/news"].commits) == 1


def test_a_token_without_read_permission_is_told_apart_from_one_without_write(connected_hub):
    connected_hub.put("alice/news", FILES)
    connected_hub.faults.statuses["GET /api/models"] = (403, 1)
    assert "may not read alice/news" in sentence(pull.pull, "alice/news", token=ALICE)


def test_a_server_that_is_no_hub_is_said_to_be_none(connected_hub, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", f"{connected_hub.endpoint}/elsewhere")
    assert "(404: " in sentence(pull.pull, "alice/news")
    monkeypatch.setattr(constants, "ENDPOINT", "not a url")
    assert "HF_ENDPOINT" in sentence(pull.pull, "alice/news")


def test_a_full_disk_is_said_to_be_full(connected_hub, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    connected_hub.put("alice/news", FILES)
    monkeypatch.setattr(pull, "snapshot_download", full)
    assert "disk is full" in sentence(pull.pull, "alice/news")


# Pulling: broken networks and caches


def test_resets_in_mid_download_are_tried_again(connected_hub, caplog):
    connected_hub.put("alice/news", FILES)
    connected_hub.faults.resets["model.safetensors"] = 2
    snapshot = pull.pull("alice/news")
    assert contents(snapshot.path) == FILES
    assert connected_hub.faults.resets["model.safetensors"] == 0
    assert caplog.text.count("trying again") == 2


def test_endless_resets_end_in_a_sentence(connected_hub):
    connected_hub.put("alice/news", FILES)
    connected_hub.faults.resets["model.safetensors"] = 1000
    message = sentence(pull.pull, "alice/news")
    assert "could not be reached" in message
    assert connected_hub.faults.resets["model.safetensors"] == 1000 - 1 - len(pull.DOWNLOAD_WAITS)


def test_server_errors_are_tried_again_and_then_told(connected_hub):
    connected_hub.put("alice/news", FILES)
    connected_hub.faults.statuses["GET /api/models"] = (503, 2)
    assert contents(pull.pull("alice/news").path) == FILES
    connected_hub.faults.statuses["GET /api/models"] = (503, 1000)
    assert "status 503" in sentence(pull.pull, "alice/news", "v7")


def test_a_complete_cache_serves_when_the_hub_is_gone(connected_hub):
    first = connected_hub.put("alice/news", FILES)
    online = pull.pull("alice/news")
    connected_hub.stop()
    offline = pull.pull("alice/news")
    assert (offline.path, offline.revision) == (online.path, first)
    assert "could not be reached" in offline.notice
    assert "\n" not in offline.notice
    assert pull.pull("alice/news", first).notice, "the pinned commit is known as well"
    assert "no complete copy" in sentence(pull.pull, "alice/news", "v1")
    assert "no complete copy" in sentence(pull.pull, "alice/other")
    connected_hub.start()
    assert pull.pull("alice/news").notice == ""


def test_offline_mode_asks_nobody(connected_hub, monkeypatch):
    connected_hub.put("alice/news", FILES)
    pull.pull("alice/news")
    connected_hub.requests.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in pull.pull("alice/news").notice
    assert "no complete copy" in sentence(pull.pull, "alice/olds")
    assert "lacks task.json" in sentence(pull.pull, "alice/news", required=pull.TENSORFLOW_FILES)
    assert connected_hub.requests == []


def test_publishing_offline_or_with_the_hub_gone_is_told(connected_hub, folder, monkeypatch):
    connected_hub.stop()
    assert "can't be reached" in sentence(publish.publish, folder, "alice/news", token=ALICE)
    connected_hub.start()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in sentence(publish.publish, folder, "alice/news", token=ALICE)


def test_half_a_download_does_not_count_as_a_cached_copy(connected_hub):
    connected_hub.put("alice/news", FILES)
    connected_hub.faults.resets["model.safetensors"] = 1000
    sentence(pull.pull, "alice/news")
    connected_hub.stop()
    assert "no complete copy" in sentence(pull.pull, "alice/news")
    connected_hub.start()
    connected_hub.faults.resets.clear()
    assert contents(pull.pull("alice/news").path) == FILES


def test_an_older_complete_copy_serves_when_the_newer_one_breaks(connected_hub):
    first = connected_hub.put("alice/news", FILES)
    pull.pull("alice/news")
    connected_hub.put("alice/news", FILES | {"model.safetensors": b"new" * 999})
    connected_hub.faults.resets["model.safetensors"] = 1000
    snapshot = pull.pull("alice/news")
    assert snapshot.revision == first
    assert first[:12] in snapshot.notice


def damage(path: Path, how: str) -> None:
    if how == "missing":
        path.unlink()
    elif how == "replaced":
        path.unlink()
        path.write_bytes(b"other")
    elif how == "truncated":
        os.truncate(path, 3)
    else:
        path.write_bytes(bytes(len(path.read_bytes())))


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
@pytest.mark.parametrize("how", ["missing", "replaced", "truncated", "zeroed"])
def test_a_damaged_cache_is_repaired_or_reported(connected_hub, name, how):
    connected_hub.put("alice/news", FILES)
    path = pull.pull("alice/news").path
    damage(path / name, how)
    connected_hub.stop()
    message = sentence(pull.pull, "alice/news")
    assert "damaged or incomplete" in message
    assert name in message
    connected_hub.start()
    connected_hub.requests.clear()
    assert contents(pull.pull("alice/news").path) == FILES
    assert len(downloads(connected_hub)) <= 1, "the sound files are not fetched again"


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_wrong_bytes_from_the_server_are_reported_and_not_kept(connected_hub, name):
    connected_hub.put("alice/news", FILES)
    connected_hub.faults.bodies[name] = bytes(len(FILES[name]))
    message = sentence(pull.pull, "alice/news")
    assert name in message
    assert "does not have the hash that the Hub states" in message
    assert len(downloads(connected_hub)) == len(FILES) + 1, "one fresh download, not more"
    kept = [path for path in Path(constants.HF_HUB_CACHE).rglob("*") if path.is_file()]
    assert not any(path.read_bytes() == bytes(len(FILES[name])) for path in kept)
    connected_hub.faults.bodies.clear()
    assert contents(pull.pull("alice/news").path) == FILES


def test_a_short_body_is_reported(connected_hub):
    connected_hub.put("alice/news", FILES)
    connected_hub.faults.bodies["model.safetensors"] = b"short"
    assert "could not be reached" in sentence(pull.pull, "alice/news")


def test_a_stray_pickle_in_the_snapshot_is_refused(connected_hub):
    connected_hub.put("alice/news", FILES)
    path = pull.pull("alice/news").path
    (path / "pytorch_model.bin").write_bytes(b"pickle")
    assert "pytorch_model.bin" in sentence(pull.pull, "alice/news")


def test_an_unreadable_manifest_counts_as_none(connected_hub):
    connected_hub.put("alice/news", FILES)
    pull.pull("alice/news")
    for manifest in Path(constants.HF_HUB_CACHE).glob("*/bakeoff/*.json"):
        manifest.write_text('{"revision": 1')
    connected_hub.stop()
    assert "no complete copy" in sentence(pull.pull, "alice/news")


# Tokens


def test_the_token_shows_up_in_no_log_and_no_file(connected_hub, folder, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    published = publish.publish(folder, "alice/news", token=ALICE, private=True)
    pull.pull("alice/news", token=ALICE)
    connected_hub.faults.statuses["/commit/main"] = (403, 1)
    (folder / "recipe.json").write_text("[]")
    sentence(publish.publish, folder, "alice/news", token=ALICE)
    output = capfd.readouterr()
    cached = b"".join(p.read_bytes() for p in Path(constants.HF_HUB_CACHE).rglob("*") if p.is_file())
    pushed = b"".join(blob.data for blob in connected_hub.repos["model", "alice/news"].at("v1").files.values())
    for text in [repr(published), caplog.text, output.out, output.err, (cached + pushed).decode(errors="replace")]:
        assert ALICE[3:] not in text


@pytest.mark.parametrize("status", [400, 402, 403, 404, 409, 412, 418, 429, 500])
def test_no_sentence_repeats_a_token_that_the_server_quotes(connected_hub, folder, caplog, status):
    caplog.set_level(logging.INFO)
    connected_hub.faults.echo_token = True
    connected_hub.faults.statuses["/commit/main"] = (status, 1)
    assert ALICE[3:] not in sentence(publish.publish, folder, "alice/news", token=ALICE)
    assert ALICE[3:] not in sentence(pull.pull, "alice/news", "v9", token=ALICE)
    assert ALICE[3:] not in caplog.text


def test_a_traceback_does_not_show_the_token(fake_hub, tmp_path):
    fake_hub.faults.echo_token = True
    code = "from bakeoff.hub import pull; pull.pull('alice/olds')"
    env = fake_hub.env(tmp_path, token=ALICE, PYTHONPATH=str(ROOT))
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "errors.HubError: The Hub shows no repository 'alice/olds'" in run.stderr
    assert ALICE not in run.stdout + run.stderr


def test_the_environment_of_a_subprocess_reaches_the_hub(fake_hub, tmp_path):
    fake_hub.put("alice/secret", FILES, private=True)
    code = "from bakeoff.hub import pull; print(pull.pull('alice/secret', required=pull.PYTORCH_FILES).path)"
    env = fake_hub.env(tmp_path, token=ALICE, PYTHONPATH=str(ROOT))
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert contents(Path(run.stdout.strip())) == FILES
