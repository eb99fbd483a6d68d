"""What can go wrong, asked one question: try again, never, or tell the operator? Pure."""

from __future__ import annotations

from functools import partial


class DigestError(Exception):
    """Anything Digest says went wrong; the text is one sentence an operator can act on."""


class Temporary(DigestError):
    """The world was not ready; the same thing may succeed later.

    ``retry_after`` is what the other side asked for, in seconds, where it asked.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[partial[Temporary], tuple[str]]:
        return partial(type(self), retry_after=self.retry_after), (str(self),)


class Permanent(DigestError):
    """It will not succeed however often it is tried."""


class Halted(DigestError):
    """It was told to stop before it was done; the text says what is half done, and what ends it."""


class Misconfigured(DigestError):
    """The operator can mend it: ``where`` names file, line or key, ``cure`` ends the sentence."""

    def __init__(self, where: str, cure: str) -> None:
        super().__init__(f"{where} {cure}")
        self.where = where
        self.cure = cure

    def __reduce__(self) -> tuple[type[Misconfigured], tuple[str, str]]:
        return type(self), (self.where, self.cure)  # a worker process sends it home
