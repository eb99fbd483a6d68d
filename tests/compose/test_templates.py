"""The operator's own templates: looked in first, held to what templates may do."""

from dataclasses import replace

import pytest

from digest.compose import render, templates
from digest.errors import Misconfigured, Permanent
from digest.isolation import Workers
from tests.builders import a_newsletter
from tests.compose.desk import OURS, a_job, a_paper, rendered


@pytest.fixture
def own(tmp_path):
    """Writes an operator's template; returns its path."""

    def put(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    put.folder = tmp_path
    put.folders = (tmp_path, OURS)
    return put


def test_ours_lie_beside_a_checkout_or_inside_a_wheel():
    assert (templates.ours() / "email/base.mjml").is_file()
    assert (templates.ours() / "web/rehearsal.html").is_file()


def test_the_first_folder_that_has_a_file_wins_file_by_file(own):
    mine = own("issue/subject.txt", "x")

    assert templates.find("issue/subject.txt", own.folders) == mine
    assert templates.find("base.mjml", own.folders) == OURS / "base.mjml"
    assert templates.find("nothing.txt", own.folders) is None


def test_one_own_file_changes_one_thing(own):
    own("issue/subject.txt", "{{ issue.name }}, {{ issue.number_said }}\n")
    ours = rendered(a_paper(3))

    mine = rendered(a_paper(3), templates=own.folders)

    assert mine.subject == "The Quayside, No. 412"
    assert (mine.html, mine.text) == (ours.html, ours.text)


def test_an_own_part_takes_the_place_of_ours_inside_our_body(own):
    own(
        "parts/colophon.mjml",
        "<mj-section><mj-column><mj-text>Made by hand. "
        '<a href="{{ reader.unsubscribe_url }}">Leave</a></mj-text></mj-column></mj-section>',
    )

    html = rendered(a_paper(3), templates=own.folders).html

    assert "Made by hand." in html
    assert "Harrow Quay Library" not in html
    assert "The Quayside</h1>" in html


def test_a_template_that_changes_is_read_again_and_so_is_one_that_goes(own):
    def subject():
        return rendered(a_paper(1), templates=own.folders).subject

    ours = subject()
    own("issue/subject.txt", "One")
    said = [subject()]
    path = own("issue/subject.txt", "{% include 'mine.txt' ignore missing %}Two")
    said.append(subject())
    own("mine.txt", "Mine and ")
    said.append(subject())
    path.unlink()

    assert said == ["One", "Two", "Mine and Two"]
    assert subject() == ours


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/hostname", "parts/../../secret.txt"])
def test_a_template_reads_nothing_outside_its_folders(own, name):
    (own.folder.parent / "secret.txt").write_text("secret")
    own("issue/subject.txt", f"{{% include '{name}' %}}")

    assert "is not there" in failure(own)


def test_a_template_that_is_no_text_is_named(own):
    path = own("issue/subject.txt", "")
    path.write_bytes(b"\xff\xfe")

    assert failure(own).startswith(f"{path} is no UTF-8 text")


def failure(own, **given):
    with pytest.raises(Misconfigured) as caught:
        rendered(a_paper(3), templates=own.folders, **given)
    return str(caught.value)


def test_an_unknown_variable_is_named_with_template_and_line(own):
    path = own("issue/body.txt", "one\ntwo\n{{ issue.titel }}\n")

    said = failure(own)

    assert said.startswith(f"{path}:3")
    assert "titel" in said
    assert "docs/templates.md" in said


def test_the_innermost_template_is_named(own):
    path = own("parts/masthead.mjml", "\n{{ nothing.at_all }}")

    said = failure(own)

    assert said.startswith(f"{path}:2")
    assert "'nothing' is undefined" in said


BROKEN = [
    ("{% if %}", ":1", "is no valid template"),
    ("\n{{ issue.count / 0 }}", ":2", "ZeroDivisionError"),
    ("{{ issue.count + 'x' }}", ":1", "TypeError"),
    ("{{ 'a%d'|format('x') }}", ":1", "TypeError"),
    ("{{ words.why.format(whom=1) }}", ":1", "KeyError: 'who'"),
    ("{{ issue.count|nofilter }}", ":1", "nofilter"),
    ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", "", "calls itself without"),
    ("{% include 'parts/none.txt' %}", "", "template parts/none.txt is not there"),
]


@pytest.mark.parametrize(("text", "line", "what"), BROKEN)
def test_a_template_that_cannot_be_rendered_is_named_with_what_is_wrong(own, text, line, what):
    path = own("issue/body.txt", text)

    said = failure(own)

    assert what in said
    if line:
        assert f"{path}{line}" in said


ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ issue['__class__'] }}{{ issue.name.__class__.__base__ }}",
    "{{ words.stories.__globals__ }}",
    "{{ words.stories.__closure__ }}",
    "{{ '{0.__class__}'.format(issue) }}",
    "{{ issue|attr('__class__') }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{% set x = issue.sections.append(1) %}",
    "{% set x = issue.update({'name': 'x'}) %}",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_a_template_cannot_reach_out_of_its_sandbox(own, text):
    own("issue/body.txt", text)

    said = failure(own)

    assert "issue/body.txt" in said


def test_a_template_cannot_read_a_file_outside_its_folders(own):
    own.folder.parent.joinpath("outside.txt").write_text("secret")
    own("issue/body.txt", "{% include '../outside.txt' %}")

    assert "../outside.txt" in failure(own)


def test_a_range_without_an_end_is_refused(own):
    own("issue/body.txt", "{% for x in range(10**9) %}x{% endfor %}")

    assert "OverflowError" in failure(own)


async def test_a_template_that_loops_for_ever_is_stopped_and_the_next_issue_is_made(own):
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    own("issue/body.txt", loop)

    async with Workers(count=1, seconds=2.0) as isolate:
        with pytest.raises(Permanent, match=r"render\.edition was stopped after 2 s"):
            await isolate(render.edition, a_job(a_paper(3), templates=own.folders))
        edition = await isolate(render.edition, a_job(a_paper(3)))

    assert edition == rendered(a_paper(3))


async def test_an_error_of_a_template_keeps_its_place_on_its_way_out_of_a_worker(own):
    path = own("issue/body.txt", "\n{{ nobody }}")

    async with Workers(count=1, seconds=10.0) as isolate:
        with pytest.raises(Misconfigured) as caught:
            await isolate(render.edition, a_job(a_paper(3), templates=own.folders))

    assert str(caught.value).startswith(f"{path}:2")


def test_a_template_that_nests_too_deeply_never_reaches_the_engine(own):
    path = own(
        "issue/body.mjml",
        "<mjml><mj-body><mj-section><mj-column><mj-text>"
        "{% for _ in range(20000) %}<div>{% endfor %}</mj-text></mj-column></mj-section></mj-body></mjml>",
    )

    said = failure(own)

    assert said.startswith(str(path))
    assert "too deep" in said


def test_mjml_that_does_not_parse_names_the_operators_file(own):
    path = own("issue/body.mjml", "<mjml><mj-body><mj-section></mj-body></mjml>")

    said = failure(own)

    assert said.startswith(str(path))
    assert "cannot be compiled" in said


def test_a_theme_that_is_not_there_is_named(own):
    assert "theme 'noir'" in failure(own, newsletter=a_newsletter(theme="noir"))


def test_what_a_story_says_is_never_run_as_a_template(own):
    own("issue/body.txt", "{{ issue.lead.title }}")
    issue = a_paper(1)
    title = "{{ ''.__class__ }}{% for x in y %}"
    lead = replace(issue.lead, lead=replace(issue.lead.lead, title=title))

    assert rendered(replace(issue, lead=lead), templates=own.folders).text == f"{title}\n"
