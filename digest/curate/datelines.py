"""A sentence to what stands before its news: a place and an agency, a label, a bullet. Pure."""

from __future__ import annotations

import re

_PLACE = r"[A-ZÀ-ÞА-ЯЁŁŚŻ]"
_DASHES = r"[–—-]+"
# "LONDON (Reuters) -", "(CNN)", "HARROW QUAY, Nov. 23 —", "By Jane Doe": not part of the news.
_DATELINE = re.compile(
    r"^(?:"
    rf"\((?:[A-Z][\w.&’' ]{{1,30}})\)\s*(?:{_DASHES}\s*)?"
    # "Frankfurt/Main (dpa-AFX) -": the agencies of German write themselves small.
    rf"|{_PLACE}[\w.’'-]*(?:[ ,/]+(?:[A-ZÀ-ÞА-Я\d][\w.’'-]*|am|d[aeo]|del|la|of|on)){{0,6}}\s*"
    rf"\((?:[A-Z][\w.&/’' ]{{1,30}}|[a-z]{{2,4}}(?:[/-]\w{{1,6}}){{0,2}})\)\s*{_DASHES}\s*"
    rf"|[A-ZÀ-ÞА-Я]{{2}}[A-ZÀ-ÞА-Я.’' -]*(?:,\s*[\w. ]{{2,24}}){{0,2}}\s*(?:\([\w .]+\)\s*)?"
    rf"{_DASHES}\s+(?:РИА \w+\.\s+)?"
    r"|[A-ZÀ-ÞА-Я]{2}[A-ZÀ-ÞА-Я.’' -]*,\s*\w+\.?\s+\d{1,2}(?:,\s*\d{4})?\s*[–—:-]+\s*"
    # "NEW YORK, Nov. 30, 2026 /PRNewswire/ --", "NEW DELHI:".
    rf"|[A-Z][\w.,’' -]{{2,40}}/[A-Z][\w ]{{2,25}}/\s*{_DASHES}\s*"
    r"|[A-Z]{2,}(?: [A-Z]{2,}){1,3}:\s+(?=[A-Z][a-z])"
    # "Madrid, 30 nov (EFE).- ", "Zürich, 30.11.2026 - ", "INTERFAX.RU - ".
    rf"|{_PLACE}[\w.’' -]{{1,30}},\s*\d{{1,2}}\s+\w{{3,10}}\.?(?:\s+\d{{4}})?\s*"
    rf"\([A-Z][\w. ]{{1,20}}\)\s*\.?{_DASHES}\s*"
    rf"|{_PLACE}[\w.’' -]{{1,30}},\s*\d{{1,2}}\.\s?(?:\d{{1,2}}\.|"
    rf"\w{{3,9}})\s?\d{{4}}\s*{_DASHES}\s+"
    rf"|[A-Z][\w.]{{2,20}}\.(?:RU|COM|ru|com)\s+{_DASHES}\s+"
    # "دمشق، سوريا (CNN) -- ".
    rf"|[\u0600-\u06ff][\u0600-\u06ff\s]{{1,40}}\([^()]{{2,20}}\)\s*{_DASHES}\s*"
    # "(서울=연합뉴스) 김철수 기자 = ", "[東京 30日 ロイター] - ", "【ソウル＝小池和樹】".
    r"|\([^\s()=]{2,12}=[^\s()=]{2,12}\)\s*(?:[^=.]{2,30}기자\s*)?=\s*"
    r"|[\[【［](?=[^\]】］]*(?:[=＝]|\d日|共同|時事|ロイター))[^\[\]【】［］]{2,30}[\]】］]\s*"
    rf"(?:[^=.]{{2,30}}기자\s*=\s*|{_DASHES}\s*)?"
    # "新华社北京11月30日电（记者 …）".
    r"|[^\s，。]{1,6}[社网網][^\s，。]{0,14}日[电電](?:\s?[（(][^（()）]{1,30}[)）])?\s*"
    r"|[（【][^（【】]{0,10}[社讯訊電电報报][^（）【】]{0,6}[）】]\s*"
    r")(?=[\"“‘«„「]?[\w\"“‘«„「])"
)
# "МОСКВА, 30 ноября." and "/ТАСС/." are sentences to whoever only looks for stops.
_ALONE = re.compile(
    rf"^(?:{_PLACE}[\w-]+(?:[ -][\w-]+){{0,2}},\s*\d{{1,2}}\s+\w{{3,9}}|/[^/]+/)\.$"
)
# "Abstract:" and what arXiv writes before it.
_LABEL = re.compile(
    r"^(?:arXiv:\S+ Announce Type: \S+\s+)?(?:abstract|summary|tl;dr|zusammenfassung|résumé|resumen"
    r"|riassunto|resumo|samenvatting|streszczenie|аннотация|ملخص|摘要|概要)\s?[:：]\s*",
    re.IGNORECASE,
)
# "Indianapolis – Several", "Washington, DC, United States: Getting": only where a text begins.
_PLACE_ALONE = re.compile(
    rf"^{_PLACE}[\w.’'-]+(?: {_PLACE}[\w.’'-]+){{0,2}}"
    rf"(?:\s{_DASHES}\s+|(?:, [A-Z][\w.]*(?: [A-Z]\w+)?){{1,2}}(?:\s{_DASHES}|:)\s+)(?={_PLACE})"
)
_BULLET = re.compile(r"^[•▪●◦‣▸►■◆✓✔✅➤·]\s*(?=\w)")
_DASH = re.compile(rf"\s{_DASHES}\s")
# All in capitals, or a town and its state: "ANAHEIM, Calif. —".
_NO_CLAUSE = re.compile(r"^[A-ZÀ-Þ]{2,}(?:(?: [A-ZÀ-Þ]{2,})+ |[A-ZÀ-Þ .’'-]*, [A-Z][a-z]{1,6}\. )")


def length(sentence: str) -> int:
    """The length of a bullet, label or dateline before it; 0 where a dash belongs to it."""
    start = _BULLET.match(sentence) or _LABEL.match(sentence)
    if start:
        return start.end()
    first = _one(sentence)
    return first + _one(sentence[first:]) if first else 0  # "(ANSA) - ROMA, 30 NOV - "


def opening(sentence: str) -> int:
    """The same of the first sentence of a text, which may begin with a place and nothing more."""
    found = _PLACE_ALONE.match(sentence)
    if found and not _DASH.search(sentence, found.end()):
        return found.end()
    return length(sentence)


def is_one(sentence: str) -> bool:
    """Whether it is a dateline and nothing more."""
    return bool(_ALONE.match(sentence))


def _one(sentence: str) -> int:
    found = _DATELINE.match(sentence)
    if found is None:
        return 0
    rest = sentence[found.end() :]
    if rest.lstrip('"“‘«„')[:1].islower():
        return 0
    # "NATO – Which has 32 members – said": two dashes part a clause. No clause is all in capitals.
    marked = any(mark in found[0] for mark in ")】］]/") or _NO_CLAUSE.match(found[0])
    return found.end() if marked or not _DASH.search(rest) else 0
