"""Test `bakeoff/hub/access.py` over real HTTP: the permission to publish is checked before the training starts."""

import subprocess
import sys

import pytest
from huggingface_hub import constants

from bakeoff.common.errors import HubError
from bakeoff.hub import access, publish
from tests.support.hub_folder import ALICE, FILES, sentence
from tests.support.tiny import ROOT

WRITE, READ = ["repo.content.read", "repo.write"], ["repo.content.read", "repo.access.read"]


@pytest.fixture
def hub_with_organizations(connected_hub):
    """Alice may write to `lab`, contribute to `club` and only read `firm`; each holds a model of another member."""
    connected_hub.organizations = {
        "lab": {"alice": "write", "bob": "read"},
        "club": {"alice": "contributor", "bob": "admin"},
        "firm": {"alice": "read", "bob": "admin"},
    }
    for owner in connected_hub.organizations:
        connected_hub.put(f"{owner}/old", {".gitattributes": b""})
    return connected_hub


@pytest.mark.parametrize(
    ("repo_id", "expected"),
    [
        ("alice/new", None),
        ("lab/new", None),
        ("lab/old", None),
        ("club/new", None),
        ("club/old", r"may not write to club/old \(403\)"),
        (
            "firm/new",
            r"alice may only read the organization firm.*ask for the role.*or publish as alice or lab or club/",
        ),
        ("firm/old", "alice may only read the organization firm"),
        ("bob/new", "The token is of alice, who may not publish bob/new: publish as alice or lab or club/NAME"),
    ],
)
def test_roles_in_organizations(hub_with_organizations, folder, repo_id, expected):
    repos = len(hub_with_organizations.repos)
    if expected is None:
        access.check_write_access(repo_id, token=ALICE)
        assert publish.publish(folder, repo_id, token=ALICE).tag == "v1", "what is let pass can be published"
        return
    with pytest.raises(HubError, match=expected):
        access.check_write_access(repo_id, token=ALICE)
    with pytest.raises(HubError, match=expected):
        publish.publish(folder, repo_id, token=ALICE)
    assert len(hub_with_organizations.repos) == repos


def test_a_role_in_a_resource_group_lets_a_reader_write(hub_with_organizations, folder):
    hub_with_organizations.repos["model", "firm/old"].writers = ("alice",)
    assert publish.publish(folder, "firm/old", token=ALICE).tag == "v1"


@pytest.mark.parametrize(
    ("granted", "repo_id", "expected"),
    [
        ({"alice": WRITE}, "alice/new", None),
        ({"alice": WRITE}, "alice/old", None),
        ({"alice/old": WRITE}, "alice/old", None),
        ({"lab": WRITE}, "lab/new", None),
        ({"alice": ["repo.content.read", "repo.contribute"]}, "alice/new", None),  # an invented name
        ({"alice": READ}, "alice/new", "no permission to create alice/new: give it write access"),
        ({"alice": READ}, "alice/old", "no permission to write to alice/old"),
        ({"alice": ["inference.serverless.write"]}, "alice/new", "no permission to create"),
        ({}, "alice/new", "no permission to create"),
        ({"alice/old": WRITE}, "alice/new", "no permission to create alice/new"),
        ({"alice/other": WRITE}, "alice/old", "no permission to write to alice/old"),
        ({"alice": WRITE}, "lab/new", "no permission to create lab/new.*repositories of lab"),
        ({"firm": WRITE}, "firm/new", "alice may only read the organization firm"),
        ({"bob": WRITE}, "bob/new", "The token is of alice, who may not publish bob/new"),
    ],
)
def test_fine_grained_tokens(hub_with_organizations, granted, repo_id, expected):
    hub_with_organizations.put("alice/old", {".gitattributes": b""})
    hub_with_organizations.put("alice/other", {".gitattributes": b""})
    token = hub_with_organizations.fine_grained("alice", **granted)
    if expected is None:
        access.check_write_access(repo_id, token=token)
        return
    with pytest.raises(HubError, match=expected):
        access.check_write_access(repo_id, token=token)


def test_a_fine_grained_token_of_one_repository_publishes_there(connected_hub, folder):
    publish.publish(folder, "alice/news", token=ALICE, private=True)
    (folder / "recipe.json").write_bytes(b"[]")
    token = connected_hub.fine_grained("alice", **{"alice/news": WRITE})
    assert publish.publish(folder, "alice/news", token=token, private=True).tag == "v2"


def test_what_is_known_before_the_training_is_told_before_it(connected_hub, folder, monkeypatch):
    access.check_write_access("alice/new", token=ALICE)
    publish.publish(folder, "alice/public", token=ALICE)
    connected_hub.put("alice/full", FILES)
    for repo_id, token, flags, expected in [
        ("alice/new", None, {}, "needs a Hugging Face token"),
        ("alice/new", "hf_" + "x" * 34, {}, "does not accept the token"),
        ("alice/new", connected_hub.token("alice", "read"), {}, "may only read"),
        ("alice/new", connected_hub.token("bob"), {}, "of bob, who may not publish alice/new: publish as bob/NAME"),
        ("alice/public", ALICE, {"private": True}, "already exists and is public"),
        ("alice/full", ALICE, {}, "files that Bakeoff did not write"),
    ]:
        assert expected in sentence(access.check_write_access, repo_id, token=token, **flags)
    access.check_write_access("alice/full", token=ALICE, overwrite=True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in sentence(access.check_write_access, "alice/new", token=ALICE)


def train(server, home, *flags, token=ALICE) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "trainers", "--recipe", "demo", "--output", str(home / "runs"), *flags]
    return subprocess.run(
        command, cwd=ROOT, env=server.env(home, token=token), capture_output=True, text=True, check=False
    )


def test_the_command_asks_for_both_repositories_before_it_trains_either(fake_hub, tmp_path):
    """The second framework's repository used to be looked at after the first framework's training."""
    fake_hub.put("alice/news-tensorflow", {"thesis.md": b"years of work"})
    run = train(fake_hub, tmp_path, "--push", "alice/news")
    assert run.returncode == 1
    assert "alice/news-tensorflow holds files that Bakeoff did not write ('thesis.md')" in run.stderr
    run = train(fake_hub, tmp_path, "--push", "alice/news", "--private", "--overwrite")
    assert run.returncode == 1 and "alice/news-tensorflow already exists and is public" in run.stderr
    run = train(fake_hub, tmp_path, "--push", "alice/new", token=fake_hub.fine_grained("alice", alice=READ))
    assert run.returncode == 1 and "has no permission to create alice/new-pytorch" in run.stderr
    assert not (tmp_path / "runs").exists()
    assert set(fake_hub.repos) == {("model", "alice/news-tensorflow")}
