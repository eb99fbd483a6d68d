"""A page's titles to whether an error, a wall or a check for robots came in the article's place.

Such a page says 200 like any other, and a site that has one sends it for every article. It is
known by a title that is all of one of these; a short article may well speak of one. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.curate.titles import parts

LONGEST = 200  # characters of a title that are looked at
_STATUS = (
    r"(?:(?:http|status|error|code|erreur|fehler|ошибка) ){0,3}(?:40[0-9]|410|429|451|50[0-4])"
)
_SAID = (
    r"(?:(?:page |file )?not found|forbidden|access (?:is )?denied|unauthorized|bad request|"
    r"bad gateway|gateway time ?out|internal server error|too many requests|"
    r"service (?:temporarily )?unavailable)"
)
_PHRASES = (
    # It is not there, or not now.
    rf"{_STATUS}(?: (?:{_SAID}|error|gone|unavailable for legal reasons))*(?: \d+)?",
    rf"{_SAID}(?: {_STATUS})?",
    r"(?:sorry )?(?:(?:the|this|that) )?page (?:not found|(?:could not|cannot|can t) be found)",
    r"(?:the |this )?(?:page|site|service) (?:is )?(?:temporarily )?unavailable",
    r"(?:the |this )?(?:site|website)?(?: is)?(?: down for| under)? ?(?:scheduled )?maintenance",
    # Who asks is taken for a machine, or may not see it.
    r"(?:you have been|request|your request has been|access) blocked",
    r"request (?:rejected|unsuccessful)",
    r"access to this (?:page|site|website) (?:has been|is) (?:denied|blocked|restricted)",
    r"just a moment(?: please)?|one moment(?: please)?|please wait(?: a moment)?",
    r"attention required(?: cloudflare)?|ddos guard|ddos protection by \w+|client challenge",
    r"pardon our interruption|are you (?:a )?(?:robot|human)|robot (?:check|or human)|robot or not",
    r"(?:please )?(?:verify|verifying|confirm) (?:that )?you are (?:a )?(?:human|not a robot)",
    r"(?:human|security) (?:verification|check)|captcha|checking your browser(?: before .*)?",
    r"before you continue(?: to .*)?|(?:please )?enable (?:javascript|cookies)(?: .*)?",
    r"javascript (?:is )?(?:disabled|required|not available)|unsupported browser",
    r"(?:please )?(?:log|sign) ?in(?: or (?:register|sign ?up))?",
    # In the other languages of our readers.
    r"(?:die )?seite (?:wurde )?nicht gefunden|zugriff verweigert",
    r"einen moment bitte|nur einen moment",
    r"page (?:introuvable|non trouvée)|accès (?:refusé|interdit|bloqué)",
    r"un instant(?: s il vous plaît)?",
    r"página no encontrada|acceso denegado|(?:solo )?un momento(?: por favor)?",
    r"страница не найдена|доступ (?:запрещ[её]н|ограничен)|один момент|минуту пожалуйста",
    r"الصفحة غير موجودة|تم رفض الوصول|لحظة من فضلك",
)
_is_one = re.compile("|".join(f"(?:{phrase})" for phrase in _PHRASES)).fullmatch


def is_wall(titles: Iterable[str | None]) -> bool:
    """Whether the first of a page's titles that says something is such a phrase and no more.

    The site's name may stand beside it.
    """
    first = next(filter(None, titles), "")[:LONGEST]
    return any(_is_one(_plain(part)) for part in (first, *parts(first)))


def _plain(title: str) -> str:
    return " ".join(re.findall(r"\w+", title.casefold()))
