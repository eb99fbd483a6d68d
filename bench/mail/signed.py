"""A signed message: dkimpy verifies it, and its ways out hold what RFC 8058 asks for."""

from __future__ import annotations

import dkim as verifier

from bench.mail import paper
from bench.mail.proof import Proof
from digest.deliver import dkim, wayout
from digest.deliver.dkim import Key

AT = 1_700_000_000  # the verifier looks at the clock: a time long past


def prove() -> Proof:
    """Every theme, signed with RSA."""
    key = Key(domain="quayside.example", selector="tide", pem=dkim.generate_rsa())
    name, text = dkim.record(key)
    records = {f"{name}.".encode(): text.encode()}
    wrong: list[str] = []
    for theme in paper.THEMES:
        message = paper.sheet(theme, "en").message
        message = dkim.sign(message, (key,), at=AT) + message
        verified = verifier.DKIM(message).verify(dnsfunc=lambda asked, **_: records.get(asked))
        if not verified:
            wrong.append(f"dkimpy does not verify {theme}")
        wrong += [f"{theme}: {one}" for one in wayout.objections(message)]
    return Proof(figure=len(wrong), said=f"{len(paper.THEMES)} signed messages", wrong=wrong)
