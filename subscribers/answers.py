"""A mail's head to whether a program answered with it, such as an absence notice. Pure.

RFC 3834, 5, and the signs of programs that are older.
"""

from __future__ import annotations

import re
import unicodedata
from email.message import Message

from subscribers.fields import field, keyword

_ABSENT = re.compile(
    r"\b(auto(matic|mated)? ?-?(reply|response|answer|antwort)|out[ -]of[ -](the[ -])?office|"
    r"on vacation|on holiday|away from (my|the)|abwesen|automatische antwort|autosvar|"
    r"automatisch antwoord|automatisk svar|automaattinen vastaus|automatikus válasz|"
    r"r[eé]ponse automatique|absence du bureau|absente?(\(e\))? du bureau|"
    r"fuera de la oficina|respuesta autom[aá]tica|resposta autom[aáà]tica|"
    r"risposta automatica|odpowied[zź] automatyczna|automatick[aá] odpov|otomatik yanıt|"
    r"автоответ|автоматический ответ|автоматична відповідь)|"
    r"رد تلقائي|自动[回答]复|自動(回覆|応答|返信)|자동 (회신|응답)|^auto:( |$)",
    re.IGNORECASE,
)
# A person's answer or forward: what stands behind this is our own subject, or another's.
_QUOTED = re.compile(
    r"(?:^|[\s\])：:])(?:re|aw|antw|sv|vs|odp|ynt|rif|res|rv|tr|fwd?|wg|enc|отв|ответ|回复|答复|转发|返信)"
    r"(?:\[\d{1,3}\])? ?[:：]",
    re.IGNORECASE,
)


def is_answer(message: Message) -> bool:
    """Whether a program answered a mail, which is nobody's act."""
    if keyword(field(message, "Auto-Submitted")) not in ("", "no", "auto-generated"):
        return True
    if keyword(field(message, "Precedence")) in ("auto_reply", "auto-reply"):
        return True
    if field(message, "X-Autoreply") or field(message, "X-Autorespond"):
        return True
    subject = unicodedata.normalize("NFC", field(message, "Subject"))
    return bool(_ABSENT.search(_QUOTED.split(subject, maxsplit=1)[0]))


def is_automatic(message: Message) -> bool:
    """Whether a program wrote it, as an answer or unasked."""
    return (
        keyword(field(message, "Auto-Submitted")) not in ("", "no")
        or bool(field(message, "X-Auto-Response-Suppress"))
        or is_answer(message)
    )
