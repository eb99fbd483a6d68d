"""A link in a test of an issue to a page that says so, and what a real mail shows there.

A test belongs to nobody, so whatever is asked or posted changes nothing; one-click gets its 200.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from digest.web.desk import OfATest, desk_of, language_of, page


async def shown(request: Request, error: Exception) -> Response:
    assert isinstance(error, OfATest)
    html = desk_of(request).look.render(
        "trial.html",
        error.newsletter,
        language_of(request, error.newsletter),
        private=True,
        shows=error.shows,
    )
    return page(html, status=error.status_code)
