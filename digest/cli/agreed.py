"""A question to the operator, before what cannot be taken back."""

from __future__ import annotations

import sys

import click

from digest.errors import Misconfigured


def agreed(question: str, command: str) -> bool:
    """Whether the operator says yes; on stderr, since stdout may be read by a program.

    Raises Misconfigured where nobody is there to answer.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise Misconfigured(
            f"digest {command}", "asks first, and nobody is there to answer; say --yes"
        )
    return click.confirm(question, default=False, err=True)
