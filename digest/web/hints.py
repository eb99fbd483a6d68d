"""An address that is none to what its owner is told of it. Pure."""

from __future__ import annotations

from subscribers.address import Address, BadAddress, Flaw

N_ = str  # marks a sentence for the catalogues
HINTS = {
    Flaw.SHAPE: N_("Enter an address with an @ and a domain, like ada@example.org."),
    Flaw.UNSEEN: N_("The address holds a character that cannot be seen. Please type it by hand."),
    Flaw.LENGTH: N_("The address is longer than mail allows."),
    Flaw.NAME: N_(
        "Before the @ stands a space, a dot or another character that does not belong there."
    ),
    Flaw.DOMAIN: N_("After the @ there must be a whole domain, like example.org."),
}
NO_ADDRESS = HINTS[Flaw.SHAPE]


def hint(text: str) -> str:
    """The English sentence on ``text``, as it was typed; empty for an address."""
    try:
        Address.pasted(text)
    except BadAddress as error:
        return HINTS[error.flaw]
    return ""
