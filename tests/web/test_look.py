"""The pages' templates: an operator's own may be a stranger's work."""

from pathlib import Path

import pytest
from jinja2.exceptions import SecurityError

from digest.web import look

ESCAPES = [
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ site|attr('__class__') ~ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ gettext.__globals__ }}",
    "{% set x = facts.append(1) %}",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_a_page_of_the_operators_own_cannot_reach_out_of_its_sandbox(tmp_path: Path, text: str):
    tmp_path.joinpath("home.html").write_text(text)
    page = look.environment((tmp_path,)).get_template("home.html")

    with pytest.raises(SecurityError):
        page.render(site="", facts=[])
