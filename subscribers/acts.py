"""The acts: what a reader, an operator or a mailbox can do to a subscription or an address. Pure.

``name`` is how the consent log calls it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import ClassVar

from subscribers.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is subscribed to and how it should come."""

    newsletter: str
    cadence: str = "daily"
    topics: tuple[str, ...] = ()
    hour: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Terms):
    """Ask to be subscribed. ``asked``: when confirmations went to this address before."""

    name: ClassVar[str] = "join"
    asked: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit(Terms):
    """The operator vouches that the person confirmed elsewhere."""

    name: ClassVar[str] = "vouched"


@dataclass(frozen=True, slots=True)
class Confirm:
    name: ClassVar[str] = "confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Other preferences, all of them at once."""

    name: ClassVar[str] = "change"
    cadence: str
    topics: tuple[str, ...] = ()
    hour: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    name: ClassVar[str] = "pause"
    until: datetime


@dataclass(frozen=True, slots=True)
class Resume:
    name: ClassVar[str] = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Stop. ``goodbye``: the newsletter says farewell to those who leave of their own accord."""

    name: ClassVar[str] = "leave"
    goodbye: bool = False


@dataclass(frozen=True, slots=True)
class Return:
    """Undo the leaving, from the goodbye page."""

    name: ClassVar[str] = "return"


Act = Join | Admit | Confirm | Change | Pause | Resume | Leave | Return


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAddress:
    """Ask to be written to elsewhere. ``asked``: when confirmations went to the new address;
    ``before``: when the person asked for a change.

    ``newsletter``: on whose page, so that it is the one that writes there; "": on none.
    """

    name: ClassVar[str] = "change of address"
    to: Address
    newsletter: str = ""
    asked: tuple[datetime, ...] = ()
    before: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmAddress:
    name: ClassVar[str] = "confirm address"


@dataclass(frozen=True, slots=True)
class Bounce:
    name: ClassVar[str] = "bounce"


@dataclass(frozen=True, slots=True)
class Complain:
    name: ClassVar[str] = "complain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disown:
    """Whoever reads an address that is not the person's, and got mail for them, calls it spam."""

    name: ClassVar[str] = "disown"
    address: Address


@dataclass(frozen=True, slots=True)
class Erase:
    name: ClassVar[str] = "erase"


@dataclass(frozen=True, slots=True)
class Reinstate:
    """The operator takes back a bounce or a complaint; who left stays away."""

    name: ClassVar[str] = "reinstate"


AddressAct = ChangeAddress | ConfirmAddress | Bounce | Complain | Disown | Erase | Reinstate
