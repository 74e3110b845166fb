"""Tests that no cell of an exported CSV can run as a formula."""

import io

import pandas as pd
import pytest

from bakeoff.common.spreadsheet import neutralize, to_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_cells_that_a_spreadsheet_would_run_get_an_apostrophe(start):
    assert neutralize(f"{start}1+1") == f"'{start}1+1"
    assert neutralize(f"a{start}1") == f"a{start}1"


def test_numbers_stay_numbers():
    frame = pd.DataFrame({"word": ["=1", "b"], "weight": [-1.5, 2.0]})
    assert pd.read_csv(io.BytesIO(to_csv(frame))).to_dict("list") == {"word": ["'=1", "b"], "weight": [-1.5, 2.0]}
