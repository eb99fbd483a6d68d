"""What ``[bounces]`` must be: the topics of SNS, and what belongs to a mailbox. Pure."""

from __future__ import annotations

import re

from digest.config.draft import Draft
from digest.config.positions import Key
from digest.config.problems import Wrong, shown

_MAILBOX: Key = ("bounces", "mailbox")
_ARN = re.compile(r"arn:aws[a-z-]{0,10}:sns:[a-z0-9-]{1,30}:\d{12}:[\w.-]{1,256}")


def topic_arn(value: str) -> str:
    """The name of an SNS topic, as Amazon writes it."""
    if not _ARN.fullmatch(value):
        example = '"arn:aws:sns:eu-west-1:123456789012:bounces"'
        raise Wrong(f"is {shown(value)}, which names no SNS topic; write one such as {example}")
    return value


def check(draft: Draft) -> None:
    """Tell what a mailbox lacks."""
    given = draft.value(_MAILBOX)
    if not isinstance(given, dict) or not given.get("host"):
        return
    for name, cure in (
        ("username", 'write the name it is read with, such as username = "bounces"'),
        ("password_env", "name the variable that holds its password"),
    ):
        if not given.get(name) and (*_MAILBOX, name) not in draft.wrong:
            draft.problem((*_MAILBOX, "host"), f"has no {name} beside it; {cure}")
            return
    if given.get("tls") == "none" and given["host"] not in ("localhost", "127.0.0.1", "::1"):
        draft.problem(
            (*_MAILBOX, "tls"),
            'is "none", and the password would travel for all to read; write "implicit"',
        )
