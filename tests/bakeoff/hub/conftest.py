"""Provide a model folder to publish."""

import pytest

from tests.support.hub_folder import FILES, write


@pytest.fixture
def folder(tmp_path):
    """Write a model folder as the PyTorch trainer does."""
    return write(tmp_path / "model", FILES)
