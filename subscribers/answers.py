"""A mail's head to whether a program answered with it, such as an absence notice. Pure.

RFC 3834, 5, and the signs of programs that are older.
"""

from __future__ import annotations

import re
from email.message import Message

from subscribers.fields import field, keyword

_ABSENT = re.compile(
    r"\b(auto(matic|mated)? ?-?(reply|response|answer|antwort)|out of (the )?office|on vacation|"
    r"on holiday|away from (my|the)|abwesen|automatische antwort|r[eé]ponse automatique|"
    r"absence du bureau|fuera de la oficina|respuesta autom[aá]tica|risposta automatica|"
    r"автоответ|автоматический ответ)|^auto: ",
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
    return bool(_ABSENT.search(field(message, "Subject")))


def is_automatic(message: Message) -> bool:
    """Whether a program wrote it, as an answer or unasked."""
    return (
        keyword(field(message, "Auto-Submitted")) not in ("", "no")
        or bool(field(message, "X-Auto-Response-Suppress"))
        or is_answer(message)
    )
