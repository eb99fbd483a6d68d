"""A theme of one's own, from the command to the mail."""

import tomllib

import pytest
from click.testing import CliRunner

from digest.cli import digest
from digest.compose import templates, theme
from digest.errors import Misconfigured

OURS = templates.ours() / "email"
CONFIG = """
[site]
name = "Quayside"
base_url = "https://quayside.example"
postal_address = "1 Ferry Steps"
[newsletters.daily]
title = "The Quayside"
sender = "The Quayside <digest@quayside.example>"
{theme}
[[collect.sources]]
location = "sample:"
[compose]
{templates}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.toml").write_text(CONFIG.format(theme="", templates=""))
    return tmp_path


def put(folder, name):
    """Take the theme ``name`` into use."""
    own = 'templates = "templates"'
    told = CONFIG.format(theme=f'theme = "{name}"', templates=own)
    (folder / "config.toml").write_text(told)


def run(folder, *words):
    done = CliRunner().invoke(digest, ["--config", str(folder), "templates", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.mark.parametrize("like", ["paper", "plain", "bold"])
def test_a_new_theme_is_the_one_it_began_from_under_its_own_name(folder, like):
    said = run(folder, "new", "harbour", "--like", like).stdout

    path = folder / "templates" / "themes" / "harbour.toml"
    own, begun = (tomllib.loads(p.read_text()) for p in (path, OURS / f"themes/{like}.toml"))
    assert own == {**begun, "name": "harbour"}
    assert path.read_text().startswith(f"# harbour: begun from {like}. ")
    assert theme.load("harbour", (folder / "templates", OURS)).own["name"] == "harbour"
    assert f"Wrote {path}" in said
    assert said.endswith(
        "and look at it:  digest preview\n"
    )  # shows one where nothing was gathered
    there = "  # is there, on line {}: put the next line below it\n"
    assert f'    [compose]{there.format(12)}    templates = "templates"\n' in said
    assert f'    [newsletters.daily]{there.format(6)}    theme = "harbour"\n' in said


def test_where_a_newsletter_has_a_theme_the_new_one_takes_its_place(folder):
    told = CONFIG.format(theme='theme = "paper"', templates="")
    (folder / "config.toml").write_text(told)

    said = run(folder, "new", "harbour").stdout

    there = "  # has a theme, on line 9: put the next line in its place\n"
    assert f'    [newsletters.daily]{there}    theme = "harbour"\n' in said


def test_a_part_that_is_there_is_kept_and_nothing_else_is_written(folder):
    run(folder, "new", "harbour", "--part", "masthead")

    with pytest.raises(Misconfigured, match=r"masthead\.mjml is there .*; leave out --part mast"):
        run(folder, "new", "second", "--part", "section", "--part", "masthead")
    assert not (folder / "templates/themes/second.toml").exists()
    assert not (folder / "templates/parts/section.mjml").exists()


def test_every_key_of_a_new_theme_has_a_comment(folder):
    run(folder, "new", "harbour")

    text = (folder / "templates/themes/harbour.toml").read_text()
    light = text.partition("[light]")[2].partition("[dark]")[0]
    assert [line for line in light.strip().splitlines() if " # " not in line] == []


def test_a_part_may_be_copied_with_it(folder):
    run(folder, "new", "harbour", "--part", "masthead", "--part", "colophon")

    for part in ("masthead", "colophon"):
        ours = (OURS / "parts" / f"{part}.mjml").read_bytes()
        assert (folder / "templates" / "parts" / f"{part}.mjml").read_bytes() == ours


def test_nothing_that_is_there_is_written_over(folder):
    run(folder, "new", "harbour")
    path = folder / "templates/themes/harbour.toml"
    path.write_text("mine")

    with pytest.raises(Misconfigured, match=r"harbour\.toml is there already and is kept"):
        run(folder, "new", "harbour")
    assert path.read_text() == "mine"


@pytest.mark.parametrize("name", ["paper", "../evil", "Harbour", "a b", "", "x" * 41])
def test_a_name_that_is_none_is_refused(folder, name):
    with pytest.raises(Misconfigured, match="is no name for a theme; use a-z"):
        run(folder, "new", name)
    assert not (folder / "templates").exists()


def test_a_part_that_is_none_is_refused_before_anything_is_written(folder):
    with pytest.raises(Misconfigured, match=r"'hat' is no part; write one of colophon, "):
        run(folder, "new", "harbour", "--part", "hat")
    assert not (folder / "templates").exists()


def test_a_sound_theme_passes_the_check(folder):
    run(folder, "new", "harbour")
    put(folder, "harbour")

    done = run(folder, "check")

    assert done.stdout == "30 letters and 1 issue rendered, no mistakes\n"
    assert done.stderr == ""


def test_faint_colours_and_risky_fills_are_warnings(folder):
    run(folder, "new", "harbour")
    put(folder, "harbour")
    path = folder / "templates/themes/harbour.toml"
    path.write_text(path.read_text().replace("#696257", "#B0A898").replace("#2B808B", "#005F6B"))

    done = run(folder, "check")

    assert "warning: theme harbour: light: mute on card 2." in done.stderr
    assert "warning: theme harbour: light.block has a luminance of 0.0" in done.stderr
    assert done.stdout.endswith("no mistakes, 5 warnings\n")


def test_a_bad_colour_is_told_with_file_key_and_cure(folder):
    run(folder, "new", "harbour")
    put(folder, "harbour")
    path = folder / "templates/themes/harbour.toml"
    path.write_text(path.read_text().replace("#1D5A62", "petrol"))

    with pytest.raises(Misconfigured, match=r"harbour\.toml light\.accent is 'petrol'; write a"):
        run(folder, "check")


def test_a_theme_that_is_begun_and_not_in_use_is_checked_too(folder):
    run(folder, "new", "harbour")
    put(folder, "paper")
    (folder / "templates/themes/harbour.toml").write_text("name =")

    with pytest.raises(Misconfigured, match=r"harbour\.toml is no valid TOML"):
        run(folder, "check")


def test_a_letter_without_its_button_is_told(folder):
    put(folder, "paper")
    own = folder / "templates" / "letters" / "confirm" / "body.mjml"
    own.parent.mkdir(parents=True)
    own.write_text("<mjml><mj-body><mj-section /></mj-body></mjml>")

    with pytest.raises(Exception, match=r"letters/confirm/body\.mjml has no link to letter\.butt"):
        run(folder, "check")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ issue.nam }}", r"issue/body\.txt:1 .*has no attribute 'nam'"),
        ("Good morning", r"the templates of daily make an issue .*: no-unsubscribe: .*\(text\)"),
    ],
)
def test_a_mistake_in_the_issues_own_template_is_told(folder, text, said):
    put(folder, "paper")
    own = folder / "templates" / "issue" / "body.txt"
    own.parent.mkdir(parents=True)
    own.write_text(text)

    with pytest.raises(Misconfigured, match=said):
        run(folder, "check")


def test_what_lint_says_of_the_issue_is_a_warning(folder):
    put(folder, "paper")
    own = folder / "templates" / "parts" / "colophon.mjml"
    own.parent.mkdir(parents=True)
    picture = '<mj-raw><tr><td><img src="https://quayside.example/a.png" /></td></tr></mj-raw>'
    own.write_text((OURS / "parts" / "colophon.mjml").read_text() + picture)

    done = run(folder, "check")

    assert "warning: issue of daily: no-alt: an image has no alt text (html)\n" in done.stderr
    assert done.stdout.endswith("rendered, no mistakes, 2 warnings\n")


def test_a_folder_of_templates_that_is_not_in_use_is_told(folder):
    run(folder, "new", "harbour")

    done = run(folder, "check")

    assert "warning: compose.templates is not set, so only our own templates" in done.stderr


def test_a_template_where_no_mail_looks_for_it_is_told(folder):
    put(folder, "paper")
    for place in ("email/issue", "letters/confirm"):
        (folder / "templates" / place).mkdir(parents=True)
        (folder / "templates" / place / "subject.txt").write_text("Hello")

    said = run(folder, "check")

    assert said.exit_code == 0
    assert said.stderr.count("is read by no mail") == 1
    assert (
        f"warning: {folder}/templates/email/issue/subject.txt is read by no mail: they are "
        f"issue/subject.txt and letters/KIND/subject.txt in {folder}/templates\n"
    ) in said.stderr
