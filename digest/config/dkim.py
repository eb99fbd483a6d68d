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

PLACES = {"key_file": "rsa", "ed25519_key_file": "ed25519"}  # and the algorithm of its key
_TOO_OPEN = stat.S_IRWXO | stat.S_IWGRP  # a group may be let read it, on purpose


def read(options: DkimOptions) -> tuple[Key, ...]:
    """The RSA key, then the Ed25519 key if there is one. Raises Misconfigured for one of no use."""
    keys = [_key(options, options.selector, options.key_file)]
    if options.ed25519_key_file:
        keys.append(_key(options, options.ed25519_selector, options.ed25519_key_file))
    for place, key in zip(PLACES, keys, strict=False):
        if words := misplaced(place, key):
            raise Misconfigured(f"deliver.dkim.{place}", words)
    return tuple(keys)


def misplaced(place: str, key: Key) -> str:
    """What is wrong with ``key`` at ``place``, and the cure; empty where it belongs there.

    Raises Misconfigured for a key that cannot sign.
    """
    if dkim.algorithm(key) == PLACES[place]:
        return ""
    if place == "key_file":
        return (
            "holds an Ed25519 key, which few receivers verify and which never stands alone; name "
            "it as ed25519_key_file, and here the RSA key's file (`digest dkim keygen` makes one)"
        )
    return (
        "holds an RSA key; name it as key_file, and here the Ed25519 key's file "
        "(`digest dkim keygen --ed25519` makes one)"
    )


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
