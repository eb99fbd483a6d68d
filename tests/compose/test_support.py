"""The table of what mail programs lack, and what is found of it in a mail."""

import pytest

from digest import htmltree
from digest.compose import support

USES = {
    "flexbox": '<div style="color:red; display:flex">x</div>',
    "grid": "<style>.a{display:grid}</style><p class=a>x</p>",
    "position": '<p style="position: absolute">x</p>',
    "float": '<p style="float:left">x</p>',
    "transform": '<p style="transform:rotate(9deg)">x</p>',
    "animation": '<p style="animation-name:x">x</p>',
    "opacity": '<p style="opacity:.5">x</p>',
    "logical margins": '<p style="margin-inline-start:4px">x</p>',
    "CSS variables": '<p style="color:var(--ink)">x</p>',
    "calc()": '<p style="width:calc(100% - 4px)">x</p>',
    "gradients": '<p style="background:linear-gradient(red,blue)">x</p>',
    "background pictures": '<p style="background:#fff url(a.jpg)">x</p>',
    "web fonts": "<style>@font-face{font-family:X;src:local(Y)}</style><p>x</p>",
    "style sheets by link": '<link rel="stylesheet" href="/a.css"><p>x</p>',
    "SVG within the mail": "<svg></svg><p>x</p>",
    "SVG pictures": '<img src="https://quayside.example/a.svg">',
    "WebP pictures": '<img src="https://quayside.example/a.webp">',
    "pictures inside the HTML": '<img src="data:image/png;base64,AAAA">',
    "picture elements": '<picture><img src="/a.jpg"></picture>',
    "video": "<video></video><p>x</p>",
    "forms": "<form><p>x</p></form>",
}
STANDS = {
    "rounded corners": '<p style="border-radius:2px">x</p>',
    "max-width": '<p style="max-width:9px">x</p>',
    "prefers-color-scheme": "<style>@media (prefers-color-scheme:dark){a{b:c}}</style><p>x</p>",
}


def found(markup):
    root = htmltree.tree(f"<div>{markup}</div>")
    sheets = "".join(one.text or "" for one in root.iter("style"))
    return [feature.name for feature in support.unsupported(root, sheets)]


@pytest.mark.parametrize("name", USES)
def test_a_feature_that_somebody_lacks_is_found(name):
    assert found(USES[name]) == [name]


@pytest.mark.parametrize("name", STANDS)
def test_what_a_mail_stands_without_is_known_and_not_told(name):
    assert found(STANDS[name]) == []


def test_every_row_of_the_table_is_tried_here():
    missed = {one.name for one in support.features() if not one.stands}

    assert missed == set(USES)
    assert {one.name for one in support.features() if one.stands} == set(STANDS)


def test_every_row_names_who_lacks_it_where_it_was_measured_and_the_cure():
    for one in support.features():
        assert one.lacking
        assert set(one.lacking) <= set(support.CLIENTS)
        assert one.source.startswith("https://www.caniemail.com/features/")
        assert bool(one.instead) != bool(one.stands)


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="display:block;float:none;text-transform:uppercase">The display: flex trick</p>',
        '<p style="display:none;opacity:0">hidden by all means there are</p>',
        '<img src="https://quayside.example/i/a.jpg" width="9" alt="">',
    ],
)
def test_what_everybody_knows_is_not_found(markup):
    assert found(markup) == []
