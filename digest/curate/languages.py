"""A text to the language it is written in, by its small words and its script. Pure."""

from __future__ import annotations

import re
from collections import Counter

from digest.curate.words import STOP

_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = (
    (re.compile(r"[\u3040-\u30ff]"), "ja"),
    (re.compile(r"[\uac00-\ud7af]"), "ko"),
    (re.compile(r"[\u4e00-\u9fff]"), "zh"),
    (re.compile(r"[\u0590-\u05ff]"), "he"),
    (re.compile(r"[\u0e00-\u0e7f]"), "th"),
    (re.compile(r"[\u0370-\u03ff]"), "el"),
    (re.compile(r"[\u0530-\u058f]"), "hy"),
    (re.compile(r"[\u0900-\u097f]"), "hi"),
    (re.compile(r"[\u0980-\u09ff]"), "bn"),
    (re.compile(r"[\u0a00-\u0a7f]"), "pa"),
    (re.compile(r"[\u0a80-\u0aff]"), "gu"),
    (re.compile(r"[\u0b80-\u0bff]"), "ta"),
    (re.compile(r"[\u0c00-\u0c7f]"), "te"),
    (re.compile(r"[\u0c80-\u0cff]"), "kn"),
    (re.compile(r"[\u0d00-\u0d7f]"), "ml"),
    (re.compile(r"[\u0d80-\u0dff]"), "si"),
    (re.compile(r"[\u0e80-\u0eff]"), "lo"),
    (re.compile(r"[\u1000-\u109f]"), "my"),
    (re.compile(r"[\u10a0-\u10ff]"), "ka"),
    (re.compile(r"[\u1200-\u137f]"), "am"),
    (re.compile(r"[\u1780-\u17ff]"), "km"),
)
_SHARED = {
    "hi": ("mr", "ne"),
    "bn": ("as",),
    "am": ("ti",),
    "he": ("yi",),
}  # one script, two tongues
_LOOKED_AT = 4_000  # characters
_CLEAR = 0.06  # of the words must be small words of a language before it is believed
_SURE = 0.3  # of them, before it is believed against the name of one whose words are not known
_ONE_NAME = {"no": "nb"}  # what Norwegian pages say of themselves


def language_of(text: str, *hints: str | None) -> str:
    """ISO 639-1. The text decides where it is clear, else the first of ``hints`` that is one.

    Romanian is half Spanish by its small words: where the page names a language of which no words
    are known here, another must be very clear to be believed.
    """
    sample = text[:_LOOKED_AT]
    hinted = next((hint[:2].lower() for hint in hints if hint and hint[:2].isalpha()), None)
    letters = sum(map(str.isalpha, sample)) or 1
    for script, language in _SCRIPTS:
        if len(script.findall(sample)) / letters > 0.2:
            return hinted if hinted and hinted in _SHARED.get(language, ()) else language
    hinted = _ONE_NAME.get(hinted or "", hinted)
    words = [word.casefold() for word in _WORD.findall(sample)]
    counts = Counter({name: sum(word in stop for word in words) for name, stop in STOP.items()})
    (best, most), (_, second) = counts.most_common(2)
    if hinted and hinted not in counts and most < _SURE * len(words):
        return hinted
    if len(words) >= 20 and most >= _CLEAR * len(words) and most > 1.15 * second:
        return best
    if hinted and counts.get(hinted, most) >= 0.6 * most:
        return hinted
    return best if most > second else hinted or "en"
