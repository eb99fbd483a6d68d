"""Bytes in a Latin script to the encoding under which they spell a language. Pure.

Under each of these encodings almost any byte is some letter: "año" is "ańo" under another. What no
language has among its letters is the sign of a wrong one.
"""

from __future__ import annotations

from collections import Counter

_WESTERN = (
    "äöüß",  # German
    "àâçéèêëîïôœùûüÿ",  # French
    "áéíñóúüºª¿¡",  # Spanish
    "àáâãçéêíóôõúüºª",  # Portuguese
    "àèéìíîòóù",  # Italian
    "áéëèïíóöúü",  # Dutch
    "åäöé",  # Swedish, Finnish
    "åæøéòôü",  # Danish, Norwegian
    "áðéíóúýþæö",  # Icelandic
    "àçèéíïòóúü·",  # Catalan
)
_CENTRAL = (
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "ăâîşţșț",  # Romanian
    "čćđšž",  # Croatian, Slovene
)
_TURKISH = ("çğıöşüâîûİ",)
_BALTIC = ("āčēģīķļņšūž", "ąčęėįšųūž", "äõöüšž")  # Latvian, Lithuanian, Estonian
# Where two spell a text as well the first is taken.
_SPELLING = (
    ("cp1252", _WESTERN),
    ("cp1250", _CENTRAL),
    ("iso8859_2", _CENTRAL),
    ("cp1254", _TURKISH),
    ("cp1257", _BALTIC),
)
LATIN = frozenset(("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257", "cp1258"))
_SIGNS = frozenset("„“”‚‘’«»‹›–—…•·€£§°©®™×\u00a0\u00ad")  # any language has them
_ENOUGH = 0.9  # of the characters beyond ASCII


def encoding(body: bytes) -> str | None:
    """The encoding that spells ``body`` best; None where none spells it well."""
    best, most = None, _ENOUGH
    for name, languages in _SPELLING:
        counts = Counter(c for c in body.decode(name, errors="replace") if not c.isascii())
        total = sum(counts.values()) or 1
        for letters in languages:
            known = _SIGNS.union(letters, letters.upper())
            share = sum(n for character, n in counts.items() if character in known) / total
            if share > most:
                best, most = name, share
    return best
