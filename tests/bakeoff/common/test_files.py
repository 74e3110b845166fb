"""Tests that files and folders appear complete or not at all."""

import pytest

from bakeoff.common.files import replacing_folder, write_json


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())  # includes hidden files


def test_json_is_readable_and_keeps_its_letters(tmp_path):
    write_json(tmp_path / "value.json", {"name": "Aurélien", "list": [1, None]})
    text = (tmp_path / "value.json").read_text(encoding="utf-8")
    assert text == '{\n  "name": "Aurélien",\n  "list": [\n    1,\n    null\n  ]\n}\n'


def test_an_invalid_value_leaves_only_the_earlier_file(tmp_path):
    write_json(tmp_path / "value.json", "before")
    with pytest.raises(TypeError):
        write_json(tmp_path / "value.json", {"set": {1}})
    assert (tmp_path / "value.json").read_text() == '"before"\n'
    assert names(tmp_path) == ["value.json"]


def test_json_that_can_t_be_put_in_place_leaves_nothing_behind(tmp_path):
    (tmp_path / "value.json").mkdir()
    with pytest.raises(OSError):
        write_json(tmp_path / "value.json", 1)
    assert names(tmp_path) == ["value.json"]


def test_a_new_folder_appears_at_the_end_only(tmp_path):
    target = tmp_path / "deep" / "model"
    with replacing_folder(target) as folder:
        (folder / "weights").write_text("new")
        assert not target.exists()
    assert (target / "weights").read_text() == "new"
    assert names(target.parent) == ["model"]
    assert target.stat().st_mode & 0o777 == 0o755


def test_the_earlier_folder_is_replaced_only_at_the_end(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "old").write_text("old")
    with replacing_folder(target) as folder:
        (folder / "weights").write_text("new")
        assert names(target) == ["old"]
    assert names(target) == ["weights"]
    assert names(tmp_path) == ["model"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_an_error_leaves_the_earlier_folder_and_nothing_else(tmp_path, error):
    target = tmp_path / "model"
    target.mkdir()
    (target / "old").write_text("old")
    with pytest.raises(type(error)), replacing_folder(target) as folder:
        (folder / "weights").write_text("new")
        raise error
    assert names(target) == ["old"]
    assert names(tmp_path) == ["model"]


def test_a_folder_that_can_t_be_put_in_place_leaves_the_earlier_one(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "old").write_text("old")
    with pytest.raises(OSError), replacing_folder(target) as folder:
        folder.rmdir()
        folder.parent.joinpath("elsewhere").mkdir()
    assert names(target) == ["old"]
    assert names(tmp_path) == ["elsewhere", "model"]
