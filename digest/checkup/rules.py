"""What Gmail and Yahoo ask of whoever sends 5,000 mails a day, as a checklist. Pure.

Sources: "Email sender guidelines" (Google, in force since February 2024) and "Sender
requirements" (Yahoo, the same month). A rule that the program keeps by itself says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.checkup.verdict import Check, Level, bad, ok, unchecked, warn, worst

FREEMAIL = ("gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "aol.com", "outlook.com")


def checklist(checks: Sequence[Check], *, domains: Sequence[str], base_url: str) -> list[Check]:
    """One line a rule, from what was found."""
    return [
        _of("SPF and DKIM for every sending domain", checks, ("SPF of", "DKIM")),
        _of("a DMARC record of at least p=none", checks, ("DMARC of",)),
        _of("the From is aligned with SPF or DKIM", checks, ("alignment of",)),
        _of("the sending address has a name that leads back to it", checks, ("PTR of",)),
        _of("mail leaves over TLS", checks, ("TLS of",)),
        _of("one-click unsubscribe (RFC 8058)", checks, ("one-click",)),
        _links(base_url),
        _freemail(domains),
        ok("a visible way to unsubscribe in every mail", "each edition is refused without one"),
        ok("leaving is honoured within two days", "it is in force when the button is pressed"),
        ok("mail is well-formed (RFC 5322)", "one From, a Message-ID, a Date, no bare line ends"),
        unchecked(
            "complaints below 0.3 %",
            "only the mailbox providers know",
            "look at postmaster.google.com and senders.yahooinc.com",
        ),
    ]


def _of(rule: str, checks: Sequence[Check], begins: tuple[str, ...]) -> Check:
    mine = [check for check in checks if check.name.startswith(begins)]
    wrong = [check for check in mine if check.level in (Level.BAD, Level.WARN)]
    if wrong:
        first = next((check for check in wrong if check.level is Level.BAD), wrong[0])
        made = bad if worst(mine) is Level.BAD else warn
        return made(rule, f"{first.name}: {first.says}", first.cure, record=first.record)
    missing = [check for check in mine if check.level is Level.UNCHECKED]
    if missing or not mine:
        says = f"{missing[0].name}: {missing[0].says}" if missing else "nothing to look at"
        return unchecked(rule, says, missing[0].cure if missing else "")
    return ok(rule, "; ".join(check.says for check in mine))


def _links(base_url: str) -> Check:
    rule = "the unsubscribe link is https"
    if base_url.startswith("https:"):
        return ok(rule, base_url)
    return bad(rule, f"{base_url} is not", "set site.base_url to an https address")


def _freemail(domains: Sequence[str]) -> Check:
    rule = "the From is a domain of your own"
    borrowed = [domain for domain in domains if domain in FREEMAIL]
    if borrowed:
        return bad(rule, f"{borrowed[0]} is not", "send from a domain whose DNS you control")
    return ok(rule, ", ".join(domains))
