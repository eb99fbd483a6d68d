"""A failure's status code and words to whose fault it is. Pure.

The same table for what a relay answers, what a report says and what a provider tells (RFC 3463, 3;
compare ``deliver.outbox.consequence``).
"""

from __future__ import annotations

import re

from digest.deliver.verdict import Finding

# Four numbers are an IP address, and a version is none of ours either.
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_UNKNOWN = re.compile(
    r"(user|recipient|mailbox|account|address|person|local.?part)\b.{0,40}"
    r"\b(unknown|not (found|known|exist)|does ?n.t exist|does not exist|invalid|not listed|"
    r"no longer (exists|valid|available))"
    r"|(unknown|no such|invalid|non.?exist[ae]nt)\b.{0,20}"
    r"\b(user|recipient|mailbox|account|address|person|local.?part|host|domain)"
    r"|unrouteable address|no mailbox here|domain (name )?not found|host or domain name not found",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"spam|black.?list|block.?list|blocked|\bspf\b|\bdkim\b|\bdmarc\b|reputation|\brbl\b|"
    r"policy|relay(ing)? (access )?denied|virus|malware|rate.?limit|too many|gr[ae]y.?list",
    re.IGNORECASE,
)
# Subjects and details that speak of the sender or of the message, not of the mailbox.
_OURS = {(1, 7), (1, 8), (1, 90), (2, 3), (3, 4)}


def failure(code: str, words: str) -> Finding:
    """What a failed delivery means: HARD, SOFT or POLICY. ``code`` as in RFC 3463, or empty."""
    if not code:
        return _by_words(words)
    kind, subject, detail = (int(part) for part in code.split("."))
    if subject in (6, 7) or (subject, detail) in _OURS:
        return Finding.POLICY
    if kind == 4:
        return Finding.SOFT
    if subject == 1:
        return Finding.HARD
    return _by_words(words) if subject == 0 or (subject, detail) == (4, 4) else Finding.SOFT


def code_in(text: str) -> str:
    """The first enhanced status code in a text; empty where there is none."""
    found = _ENHANCED.search(text)
    return found[1] if found else ""


def better(status: str, diagnostic: str) -> str:
    """The status code of a report; where it says as good as nothing (x.0.0), the one in the words.

    Exim writes 5.0.0 whatever the other side has said.
    """
    code = code_in(status)
    if code and not code.endswith(".0.0"):
        return code
    said = code_in(diagnostic)
    return said if said and not said.startswith("2") else code


def _by_words(words: str) -> Finding:
    if _POLICY.search(words):
        return Finding.POLICY
    return Finding.HARD if _UNKNOWN.search(words) else Finding.SOFT
