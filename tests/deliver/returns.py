"""Mail that comes back, as the mail servers of the field write it; the personal places filled in."""

from __future__ import annotations

from pathlib import Path

from digest.deliver import verp
from digest.deliver.verp import Ref, Sort
from subscribers import tokens
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose

FOLDER = Path(__file__).parent / "returned"
RING = (b"a key of the tests, long enough to sign", b"an older key, which still verifies links")
REF = Ref(sort=Sort.ISSUE, id=4711)
ADA = SubscriberId("ada0123456789abcdef01234")
NAMES = sorted(path.stem for path in FOLDER.glob("*.eml"))


def returned(
    name: str,
    *,
    ref: Ref = REF,
    to: str = "ada@example.org",
    message_id: str = f"<{'a' * 52}@quayside.example>",
    who: SubscriberId = ADA,
    envelope: str | None = None,
) -> bytes:
    """The mail ``name``, about ``ref``. ``envelope``: another sender than the signed one."""
    sender = envelope or verp.sender(RING, "bounce.quayside.example", ref)
    token = tokens.make(RING[0], Purpose.UNSUBSCRIBE, who, "daily")
    text = (FOLDER / f"{name}.eml").read_text()
    for place, value in (
        ("{VERP}", sender),
        ("{TO}", to),
        ("{MESSAGE_ID}", message_id),
        ("{LINK}", f"daily.{token}"),
    ):
        text = text.replace(place, value)
    return text.replace("\n", "\r\n").encode()
