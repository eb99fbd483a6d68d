from __future__ import annotations

import colorsys
import shutil

import pytest

from digest.compose import colours as wcag
from digest.compose import templates, theme
from digest.errors import Misconfigured

OURS = templates.ours() / "email"
THEMES = ("paper", "plain", "bold")


@pytest.mark.parametrize("name", THEMES)
def test_every_text_stands_out_from_its_fill_in_both_schemes(name):
    assert theme.weak_pairs(theme.load(name, (OURS,))) == []


@pytest.mark.parametrize("name", THEMES)
def test_a_fill_that_carries_text_survives_forced_inversion(name):
    """Between these both white and black text reach 4.5 on it, whatever a client flips."""
    loaded = theme.load(name, (OURS,))

    for colours in (loaded.light, loaded.dark):
        assert 0.175 <= wcag.luminance(colours["block"]) <= 0.1834
        assert wcag.contrast(colours["block"], "#FFFFFF") >= 4.5
        assert wcag.contrast(colours["block"], "#000000") >= 4.5
    assert theme.risky_fills(loaded) == []


def flipped(colour):
    """As a program that forces the dark turns a colour: its lightness, no darker than 7 %."""
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    hue, light, full = colorsys.rgb_to_hls(red, green, blue)
    turned = colorsys.hls_to_rgb(hue, max(0.07, 1 - light), full)
    return "#" + "".join(f"{round(255 * one):02x}" for one in turned)


@pytest.mark.parametrize("name", THEMES)
def test_a_client_that_flips_every_light_colour_leaves_every_text_readable(name):
    light = theme.load(name, (OURS,)).light

    for text, fill in theme.TEXT_PAIRS:
        # No fill does better for both white and the #121212 that white is flipped to.
        least = 4.1 if text == "on_block" else 4.5
        assert wcag.contrast(flipped(light[text]), flipped(light[fill])) >= least, (text, fill)


def test_a_fill_that_would_not_survive_is_told_with_its_luminance(tmp_path):
    bright = (OURS / "themes" / "paper.toml").read_text("utf-8").replace("#2B808B", "#FFDD00")
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "bright.toml").write_text(bright, "utf-8")

    light, dark = theme.risky_fills(theme.load("bright", (tmp_path, OURS)))

    assert light.startswith("light.block has a luminance of 0.730; from 0.175 to 0.183")
    assert dark.startswith("dark.block has a luminance of 0.730")


def test_contrast_is_measured_as_wcag_does():
    assert wcag.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert wcag.contrast("#777777", "#777777") == 1
    assert wcag.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_weak_pairs_are_named_with_their_figures(tmp_path):
    pale = (OURS / "themes" / "paper.toml").read_text("utf-8").replace("#696257", "#E0DDD5")
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "pale.toml").write_text(pale, "utf-8")

    weak = theme.weak_pairs(theme.load("pale", (tmp_path, OURS)))

    assert [one.rsplit(" ", 1)[0] for one in weak] == [
        "light: mute on card",
        "light: mute on page",
        "light: mute on tile",
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("#EFEBE2", "beige", "light.page is 'beige'; write a colour such as '#1D5A62'"),
        ("Georgia,serif", "url(x)", "fonts.display is .*; write names parted by commas"),
        (
            '"centred" ',
            '"sideways" ',
            "masthead is 'sideways'; write one of centred, prompt, block",
        ),
        ("width = 640", "width = 64", "width is 64; write a number of px from 480 to 800"),
        ("thumbs = true", 'thumbs = "no"', "thumbs is 'no'; write true or false"),
        ("size = 46, ", "", "nameplate.size is None; write a whole number from 12 to 120"),
        ("[fonts]", "[fonts", "is no valid TOML"),
        ("thumbs = true", 'thumbs = true\nlogo = "a.png"', "logo is no table; write logo = "),
        ("thumbs = true", "thumbs = true\nlogo = {}", "logo.file is None; write the name of"),
        (
            "thumbs = true",
            'thumbs = true\nlogo = { file = "../../secret.png", width = 90 }',
            "logo.file is '../../secret.png'; write the name of a PNG or JPEG beside the theme",
        ),
        (
            "thumbs = true",
            'thumbs = true\nlogo = { file = "a.png", width = 9 }',
            "logo.width is 9; write a number of px from 40 to 400",
        ),
        (
            "thumbs = true",
            'thumbs = true\nlogo = { file = "a.png", width = 90, alt = 1 }',
            "logo.alt is 1; write words in quotes",
        ),
        (
            "thumbs = true",
            'thumbs = true\nlogo = { file = "a.png", width = 90 }',
            "logo.file is 'a.png', which is not beside it",
        ),
    ],
)
def test_a_mistake_in_a_theme_names_file_key_and_cure(tmp_path, before, after, said):
    shutil.copytree(OURS / "themes", tmp_path / "themes")
    path = tmp_path / "themes" / "paper.toml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")

    with pytest.raises(Misconfigured, match=said) as raised:
        theme.load("paper", (tmp_path, OURS))

    assert raised.value.where == str(path)


def test_a_theme_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(Misconfigured, match="write paper, plain or bold"):
        theme.load("glossy", (OURS,))
