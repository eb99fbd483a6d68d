"""The keys we sign with: made, read, and never shown.  ~ world

They lie where ``[deliver.dkim]`` says, 0600. The public halves belong into the DNS.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from digest.config.replace import folder_lock, write_whole
from digest.deliver import dkim
from digest.deliver.dkim import Key
from digest.deliver.options import DkimOptions
from digest.errors import Misconfigured

_TOO_OPEN = stat.S_IRWXO | stat.S_IWGRP  # a group may be let read it, on purpose


def read(options: DkimOptions) -> tuple[Key, ...]:
    """The RSA key, then the Ed25519 key where there is one. Raises Misconfigured for one of no use.

    ``dkim.record`` loads each, so that a key which cannot sign is told before any mail is.
    """
    keys = [_key(options, options.selector, options.key_file)]
    if options.ed25519_key_file:
        keys.append(_key(options, options.ed25519_selector, options.ed25519_key_file))
    for key in keys:
        dkim.record(key)
    return tuple(keys)


def make(path: Path, pem: bytes) -> None:
    """Keep a new key at ``path``, 0600. Raises Misconfigured where a file is already."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with folder_lock(path.parent):
            if os.path.lexists(path):
                raise Misconfigured(
                    str(path),
                    "is there already and is kept; for a new key choose a new selector and file",
                )
            write_whole(path, pem, mode=0o600)
    except OSError as error:
        raise Misconfigured(
            str(path), f"cannot be made ({error.strerror}); let this user write there"
        ) from error


def _key(options: DkimOptions, selector: str, path: Path) -> Key:
    try:
        mode = path.stat().st_mode
        pem = path.read_bytes()
    except FileNotFoundError as error:
        raise Misconfigured(str(path), "is missing; `digest dkim keygen` makes it") from error
    except OSError as error:
        raise Misconfigured(
            str(path), f"cannot be read ({error.strerror}); let this user read it"
        ) from error
    if mode & _TOO_OPEN:
        raise Misconfigured(str(path), f"can be read by others; run `chmod 600 {path}`")
    return Key(domain=options.domain, selector=selector, pem=pem)
