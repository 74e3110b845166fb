"""Tests of downloaded pages: values are escaped, and characters that HTML can't represent are replaced."""

import jinja2
import pytest
from markupsafe import Markup

from bakeoff.common import html_page
from bakeoff.common.root import ROOT


@pytest.fixture
def template(tmp_path, monkeypatch):
    """Return the name of a template that extends the base page and shows `value`."""
    (tmp_path / "page.html.j2").write_text(
        "{% extends 'bakeoff/common/base.html.j2' %}{% block content %}"
        '<p title="{{ value }}">{{ value }}</p>{% endblock %}'
    )
    folders = jinja2.FileSystemLoader([tmp_path, ROOT])
    monkeypatch.setattr(html_page, "_ENVIRONMENT", html_page._ENVIRONMENT.overlay(loader=folders))
    return "page.html.j2"


def test_no_markup_of_a_value_survives(template):
    page = html_page.render(template, value='"><script>alert(1)</script>')
    assert "<script" not in page
    assert "&#34;&gt;&lt;script&gt;" in page


def test_the_page_forbids_scripts_and_requests(template):
    assert "default-src 'none'" in html_page.render(template, value="")


@pytest.mark.parametrize("hostile", ["\x00", "\x1b[31m", "\ud800", "\x9f", "\ufffe"])
def test_characters_that_html_can_t_represent_are_replaced(template, hostile):
    page = html_page.render(template, value=f"a{hostile}b")
    assert hostile[0] not in page
    assert "a\ufffd" in page
    page.encode("utf-8")


def test_a_drawn_plot_stays_markup(template):
    assert "<svg></svg>" in html_page.render(template, value=Markup("<svg></svg>"))


def test_a_missing_value_is_a_fault(template):
    with pytest.raises(jinja2.UndefinedError):
        html_page.render(template)
