"""Contrast as a mail program computes it: inherited, inline, overruled in the dark."""

import shutil

import pytest

from digest import htmltree
from digest.compose import colours, legible
from tests.compose.desk import LANGUAGES, OURS, THEMES, a_paper, rendered

DARK = "<style>@media (prefers-color-scheme:dark){{{}}}</style>"


def found(markup):
    root = htmltree.tree(f"<html><head></head><body>{markup}</body></html>")
    sheets = "".join(one.text or "" for one in root.iter("style"))
    return [(one.scheme, one.text, one.colour, one.ground) for one in legible.faint(root, sheets)]


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="color:#777">x</p>',
        '<p style="color: rgb(119, 119, 119)">x</p>',
        '<p><font color="#777777">x</font></p>',
        '<div style="color:#777"><p><b>x</b></p></div>',
        "<style>p{color:#777}</style><p>x</p>",
        '<p><img alt="x" style="color:#777"></p>',
        "<style>.a .b{color:#777 !important}</style><div class=a><p class=b style='color:#000'>x",
    ],
)
def test_a_faint_text_is_found_wherever_its_colour_comes_from(markup):
    assert found(markup) == [("light", "x", "#777777", "#ffffff")]


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="color:#767676">x</p>',
        '<p style="color:#777;display:none">x</p>',
        '<p style="color:#777"> </p>',
        '<table bgcolor="#000000"><tr><td style="color:#777">x</td></tr></table>',
        '<div style="background:#000"><p style="color:#fff">x</p></div>',
        '<div style="background:url(x.jpg) #fff"><p style="color:#fff">x</p></div>',
        '<p style="color:inherit;background-color:transparent">x</p>',
        "<style>p:hover{color:#eee}</style><p>x</p>",
        "<style>.a .b{color:#eee}</style><p class=b>x</p>",
        '<p>x <a href="https://a.example/">y</a></p>',
    ],
)
def test_what_can_be_read_is_not_found(markup):
    assert found(markup) == []


def test_text_after_an_element_has_the_colours_of_what_is_around_it():
    markup = '<p style="color:#777">a<b style="color:#000">b</b>c</p>'

    assert found(markup) == [("light", "a", "#777777", "#ffffff")]
    assert found('<p>a<b style="color:#777">b</b>c</p>') == [("light", "b", "#777777", "#ffffff")]


def test_in_the_dark_the_rules_for_the_dark_overrule_the_inline_style():
    markup = (
        DARK.format("body{background-color:#111!important}.ink{color:#222!important}")
        + '<p class="ink" style="color:#000">x</p>'
    )

    assert found(markup) == [("dark", "x", "#222222", "#111111")]


def test_a_class_that_was_forgotten_in_the_dark_is_found():
    markup = (
        DARK.format("body{background-color:#111}.ink{color:#fff!important}")
        + '<p class="ink">fine</p><p style="color:#333">forgotten</p>'
    )

    assert found(markup) == [("dark", "forgotten", "#333333", "#111111")]


def test_a_mail_that_says_nothing_of_the_dark_is_not_judged_there():
    assert found('<p style="color:#000">x</p>') == []


def test_outlooks_own_attributes_are_a_scheme_of_their_own():
    markup = (
        "<style>[data-ogsb] body{background-color:#111!important}"
        "[data-ogsc] .ink{color:#222!important}</style><p class=ink>x</p>"
    )

    assert found(markup) == [("Outlook's dark", "x", "#222222", "#111111")]


def test_of_two_rules_the_more_particular_wins_and_of_equals_the_later():
    base = '<table class="card"><tr><td class="blk"><b>x</b></td></tr></table>'
    dark = ".card td{background-color:#fff!important}"

    lost = DARK.format(".blk{background-color:#222}" + dark + "b{color:#fff!important}")
    won = DARK.format(".card .blk{background-color:#222!important}" + dark + "b{color:#fff}")

    assert found(lost + base) == [("dark", "x", "#ffffff", "#ffffff")]
    assert found(won + base) == []


def test_the_faintest_is_told_first_and_each_pair_once():
    markup = '<p style="color:#777">a</p><p style="color:#eee">b</p><p style="color:#777">c</p>'

    assert [text for _, text, _, _ in found(markup)] == ["b", "a"]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_our_mails_can_be_read_in_every_scheme(theme, language):
    html = rendered(a_paper(14, language=language), theme=theme).html
    root = htmltree.tree(html)
    sheets = "".join(one.text or "" for one in root.iter("style"))

    assert legible.faint(root, sheets) == []
    assert "prefers-color-scheme:dark" in sheets
    assert "[data-ogsc]" in sheets


def test_a_theme_that_is_faint_in_the_dark_alone_is_found_in_its_mail(tmp_path):
    shutil.copytree(OURS / "themes", tmp_path / "themes")
    path = tmp_path / "themes" / "paper.toml"
    light, dark = path.read_text("utf-8").split("[dark]")
    path.write_text(f"{light}[dark]{dark.replace('#A59D8E', '#4A4640')}", "utf-8")
    root = htmltree.tree(rendered(a_paper(14), templates=(tmp_path, OURS)).html)
    sheets = "".join(one.text or "" for one in root.iter("style"))

    faint = legible.faint(root, sheets)

    assert {one.scheme for one in faint} == {"dark", "Outlook's dark"}
    assert {one.colour for one in faint} == {"#4a4640"}
    for one in faint:
        assert one.contrast == colours.contrast(one.colour, one.ground) < 4.5
