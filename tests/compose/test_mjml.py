import pytest

from digest.compose import mjml
from digest.errors import Misconfigured
from digest.guard import MAX_DEPTH


def a_mail(inside):
    return (
        "<mjml><mj-body><mj-section><mj-column><mj-text>"
        f"{inside}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )


def compiled(inside):
    return mjml.html(a_mail(inside), template="issue/body.mjml")


def test_mjml_becomes_tables():
    html = compiled("<p>Hello</p>")

    assert "<p>Hello</p>" in html
    assert "<mj-" not in html
    assert 'role="presentation"' in html


def test_no_font_is_asked_of_another_host():
    source = a_mail("<p>x</p>").replace("<mj-body>", "<mj-body>", 1)
    source = source.replace("<mj-text>", '<mj-text font-family="Roboto, Open Sans, Lato">')

    html = mjml.html(source, template="issue/body.mjml")

    assert "fonts.googleapis.com" not in html
    assert "@import" not in html


@pytest.mark.parametrize("deep", [MAX_DEPTH, 10_000, 100_000])
def test_deeply_nested_html_never_reaches_the_engine(deep):
    """At some 9,000 elements the engine dies with a signal, and this process with it."""
    with pytest.raises(Misconfigured, match="too long or too deep to compile") as caught:
        compiled("<div>" * deep + "x" + "</div>" * deep)

    assert "issue/body.mjml" in str(caught.value)


def test_mjml_that_is_too_long_is_refused():
    with pytest.raises(Misconfigured, match="too long or too deep"):
        compiled("x" * mjml.MAX_CHARACTERS)


def test_mjml_that_does_not_parse_names_its_template():
    with pytest.raises(Misconfigured, match="cannot be compiled") as caught:
        mjml.html("<mjml><mj-body><mj-section>", template="/own/issue/body.mjml")

    assert str(caught.value).startswith("/own/issue/body.mjml")


def test_an_element_that_mjml_does_not_know_is_named_and_not_passed_on():
    source = a_mail("x").replace("mj-section", "mj-sectoin")

    with pytest.raises(Misconfigured, match="makes MJML with <mj-sectoin>, which is no element"):
        mjml.html(source, template="issue/body.mjml")


def test_a_text_about_mjml_and_a_comment_are_no_elements():
    assert "&lt;mj-odd>" in compiled("&lt;mj-odd><!-- <mj-odd> -->").replace("&gt;", ">")


@pytest.mark.parametrize(
    "text",
    [
        "C:\\new\\table",
        "👩‍🔧 mends 🏴‍☠️",
        "e\u0301 and \u0301",
        "soft\u00adhyphen",
        "\u200fmark",
        "\ue0f0reader\ue0f1",
        "zero\u200bwidth",
    ],
)
def test_text_and_attributes_come_out_as_they_went_in(text):
    html = compiled(f'<p title="{text}">{text}</p>')

    assert f'<p title="{text}">{text}</p>' in html


def test_a_line_break_inside_a_tag_is_a_blank():
    assert '<p title="one two">x</p>' in compiled('<p title="one\ntwo">x</p>')
    assert '<p class="a" id="b">x</p>' in compiled('<p class="a"\n   id="b">x</p>')


def test_a_reference_that_the_author_wrote_stays_one():
    assert "&#8199;" in compiled("<p>&#8199;</p>")
    assert "<b>" not in compiled("<p>&lt;b&gt;</p>")
