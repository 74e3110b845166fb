"""Test what `--push` does to files that Bakeoff did not write, over real HTTP with the Hub's own client."""

import json

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

from bakeoff.common.errors import HubError
from bakeoff.hub import model_index, ownership, pull
from bakeoff.hub import publish as hub_publish
from bakeoff.hub.model_index import Score
from tests.support.hub_folder import ALICE, FILES, sentence, write
from tests.support.hub_state import Blob

THESIS = {"thesis.md": b"years of work", "data/raw.bin": bytes(5000), "LICENSE": b"mine"}


def files_of(server, repo_id="alice/news") -> dict[str, bytes]:
    return {name: blob.data for name, blob in server.repos["model", repo_id].at("main").files.items()}


def edit(server, added: dict[str, bytes], *, title="Update by hand", removed=()) -> None:
    """Commit files as the Hub's page or another program does."""
    operations = [CommitOperationAdd(name, data) for name, data in added.items()]
    operations += [CommitOperationDelete(name) for name in removed]
    api = HfApi(endpoint=server.endpoint, token=ALICE)
    api.create_commit("alice/news", operations, commit_message=title)


def publish(folder, **flags):
    return hub_publish.publish(folder, "alice/news", token=ALICE, **flags)


@pytest.fixture
def published(connected_hub, folder):
    """Publish a model, then change its folder."""
    publish(folder)
    (folder / "model.safetensors").write_bytes(b"better")
    return connected_hub


def refused(folder, server, *names) -> None:
    """Check that publishing is refused, names these files and changes nothing."""
    before, commits = files_of(server), len(server.repos["model", "alice/news"].commits)
    message = sentence(publish, folder)
    assert "files that Bakeoff did not write" in message and "--overwrite" in message
    for name in names:
        assert repr(name) in message
    assert message.count("'") == 2 * len(names)
    assert (files_of(server), len(server.repos["model", "alice/news"].commits)) == (before, commits)


def test_a_repository_of_somebody_else_is_refused_and_overwrite_deletes_nothing(connected_hub, folder):
    connected_hub.put("alice/news", {**THESIS, "config.json": b'{"theirs": 1}', ".gitattributes": b"*.bin"})
    refused(folder, connected_hub, *THESIS, "config.json")
    assert publish(folder, overwrite=True).tag == "v1"
    found = files_of(connected_hub)
    assert found.items() >= {**THESIS, **FILES, ".gitattributes": b"*.bin"}.items()
    assert set(found) == {*THESIS, *FILES, ".gitattributes", "bakeoff.json"}
    refused(folder, connected_hub, *THESIS)  # the files still belong to somebody else


def test_many_foreign_files_are_counted(connected_hub, folder):
    connected_hub.put("alice/news", {f"{number}.txt": b"" for number in range(9)})
    assert "'4.txt' and 4 more)" in sentence(publish, folder)


def test_a_card_that_was_edited_by_hand_is_not_overwritten(published, folder):
    edit(published, {"README.md": b"# My own words\n"})
    refused(folder, published, "README.md")
    publish(folder, overwrite=True)
    assert files_of(published)["README.md"] == FILES["README.md"]
    publish(folder)


def test_a_file_that_was_added_stays_through_every_version(published, folder):
    edit(published, {"notes.txt": b"mine", "big.bin": bytes(20_000)})
    refused(folder, published, "notes.txt", "big.bin")
    (folder / "README.md").unlink()
    publish(folder, overwrite=True)
    found = files_of(published)
    assert found["notes.txt"] == b"mine" and found["big.bin"] == bytes(20_000)
    assert "README.md" not in found, "of Bakeoff's own files those of the earlier version are removed"


def test_files_that_were_removed_by_hand_and_the_hub_s_own_do_not_count(published, folder):
    edit(published, {".gitattributes": b"*.xyz filter=lfs\n"}, removed=["recipe.json"])
    assert publish(folder).tag == "v2"
    assert files_of(published)["recipe.json"] == FILES["recipe.json"]
    assert files_of(published)[".gitattributes"] == b"*.xyz filter=lfs\n"


def test_a_file_that_was_there_before_with_the_same_bytes_stays_when_later_versions_lack_it(connected_hub, folder):
    """Keep the other author's file. The Hub's client does not commit an equal file, so Bakeoff never wrote it."""
    connected_hub.put("alice/news", {"tokenizer.json": FILES["tokenizer.json"]})
    publish(folder, overwrite=True)
    publish(folder)
    (folder / "tokenizer.json").unlink()
    publish(folder)
    assert files_of(connected_hub)["tokenizer.json"] == FILES["tokenizer.json"]


def listed(server, **more: bytes) -> bytes:
    """Publish a list of files with forged entries."""
    document = json.loads(files_of(server)["bakeoff.json"])
    document["files"] |= {name.replace("_", "."): ownership.hashes_of(data) for name, data in more.items()}
    return json.dumps(document).encode()


def test_a_forged_list_deletes_no_file(published, folder):
    edit(published, {"thesis.md": THESIS["thesis.md"]})
    edit(published, {"bakeoff.json": listed(published, thesis_md=THESIS["thesis.md"])})
    publish(folder)
    assert files_of(published)["thesis.md"] == THESIS["thesis.md"]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"files": 3}',
        b'{"files": {"a": 3}}',
        b'{"mine": true}',
        b"\xff",
        b"[" * 100_000,
        b" " * 2_000_000,
    ],
)
def test_a_list_that_is_none_vouches_for_nothing(published, folder, content):
    edit(published, {"bakeoff.json": content})
    assert "files that Bakeoff did not write ('README.md', 'bakeoff.json', " in sentence(publish, folder)
    publish(folder, overwrite=True)
    publish(folder)


def test_a_list_that_was_copied_vouches_for_the_same_bytes_only(published, folder):
    copied = {**files_of(published), "README.md": b"# Another model\n", "extra.txt": b""}
    published.put("alice/copy", copied)
    message = sentence(hub_publish.publish, folder, "alice/copy", token=ALICE)
    assert "('README.md', 'extra.txt')" in message


def test_a_pulled_folder_does_not_bring_its_list_along(published, folder, tmp_path):
    pulled = pull.pull("alice/news").path
    copy = write(tmp_path / "copy", {path.name: path.read_bytes() for path in pulled.iterdir() if path.name[0] != "."})
    (copy / "README.md").write_bytes(b"# Changed\n")
    hub_publish.publish(copy, "alice/copy", token=ALICE)
    (copy / "README.md").write_bytes(b"# Changed again\n")
    assert hub_publish.publish(copy, "alice/copy", token=ALICE).tag == "v2"


class TestEarlierVersions:
    """Repositories of earlier versions, which have no list of files. The titles of the commits decide."""

    @pytest.fixture
    def earlier(self, connected_hub, folder):
        """Publish as the previous version did: one commit of that title, and no list."""
        HfApi(endpoint=connected_hub.endpoint, token=ALICE).create_repo("alice/news")
        edit(connected_hub, FILES, title="Publish with Bakeoff")
        (folder / "model.safetensors").write_bytes(b"better")
        return connected_hub

    def test_they_are_published_to_and_get_a_list(self, earlier, folder):
        (folder / "README.md").unlink()
        publish(folder)
        assert set(files_of(earlier)) == {*FILES, ".gitattributes", "bakeoff.json"} - {"README.md"}
        assert set(json.loads(files_of(earlier)["bakeoff.json"])["files"]) == {*FILES} - {"README.md"}

    @pytest.mark.parametrize("title", ["Update README.md", "Publish with Bakeoff (#1)", "Scores on 9 texts"])
    def test_what_was_edited_or_added_since_is_foreign(self, earlier, folder, title):
        edit(earlier, {"README.md": b"# My own words\n", "notes.txt": b"mine"}, title=title)
        refused(folder, earlier, "README.md", "notes.txt")
        publish(folder, overwrite=True)
        assert files_of(earlier)["notes.txt"] == b"mine"

    def test_an_edit_before_the_first_list_stays_foreign(self, earlier, folder):
        edit(earlier, {"README.md": b"# My own words\n"})
        before = files_of(earlier)["README.md"]
        with pytest.raises(HubError, match="did not write"):
            publish(folder)
        assert files_of(earlier)["README.md"] == before


class TestScores:
    """Check ownership here too, because `python -m eval.report.publish` changes the card."""

    SCORES = (Score("accuracy", "Accuracy", 0.9, None, None),)

    def test_a_card_with_our_scores_is_ours(self, published, folder):
        remote = model_index.remote_files("alice/news", ["*.safetensors"], token=ALICE)
        assert model_index.write_scores(remote, "planted", self.SCORES, "scores", token=ALICE)
        assert b"planted" in files_of(published)["README.md"]
        publish(folder)
        (folder / "README.md").unlink()
        publish(folder)

    def test_scores_do_not_make_an_edited_card_ours(self, published, folder):
        edit(published, {"README.md": b"# My own words\n"})
        remote = model_index.remote_files("alice/news", ["*.safetensors"], token=ALICE)
        model_index.write_scores(remote, "planted", self.SCORES, "scores", token=ALICE)
        refused(folder, published, "README.md")


def test_what_the_hub_loses_of_others_is_told(published, folder, monkeypatch):
    """Check that the comparison after the upload includes the files of others."""
    edit(published, {"notes.txt": b"mine"})
    repo = published.repos["model", "alice/news"]
    commit = repo.commit

    def loses_a_file(title, files: dict[str, Blob], branch="main"):
        return commit(title, {name: blob for name, blob in files.items() if name != "notes.txt"}, branch)

    monkeypatch.setattr(repo, "commit", loses_a_file)
    message = sentence(publish, folder, overwrite=True)
    assert "differs from the folder in notes.txt: the version was not tagged" in message
