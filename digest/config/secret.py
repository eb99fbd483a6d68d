"""Secrets, from the environment or a file: the signing keys, relay passwords.  ~ world

``secret.key`` lies beside config.toml, 0600, one key a line. It is a ring: the first key signs,
all of them verify. ``DIGEST_SECRET`` (or the file that ``DIGEST_SECRET_FILE`` names) wins over it.
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from digest.config.replace import folder_lock, write_whole
from digest.config.settings import Relay
from digest.errors import Misconfigured

FILE = "secret.key"
VARIABLE = "DIGEST_SECRET"
KEY_BYTES = 32
LEAST_CHARACTERS = 32
_TOO_OPEN = stat.S_IRWXO | stat.S_IWGRP  # a group may be let read it, on purpose


def make_and_read(folder: Path, environ: Mapping[str, str] = os.environ) -> tuple[bytes, ...]:
    """The ring in force; the first run of a folder makes its ``secret.key``.

    Raises Misconfigured like ``make`` and ``ring``.
    """
    if from_environment(VARIABLE, environ) is None:
        make(folder)
    return ring(folder, environ)


def ring(folder: Path, environ: Mapping[str, str] = os.environ) -> tuple[bytes, ...]:
    """The keys in force, newest first. Raises Misconfigured where there is none to rely on."""
    given = from_environment(VARIABLE, environ)
    if given is not None:
        return _keys(given, VARIABLE)
    path = folder / FILE
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except FileNotFoundError as error:
        raise Misconfigured(
            str(path), f"is missing; `digest init` makes one, or set {VARIABLE}"
        ) from error
    except PermissionError as error:
        cure = "run this as its owner, such as `sudo -u digest`"
        raise Misconfigured(str(path), f"cannot be read ({_why(error)}); {cure}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            str(path), f"cannot be read ({_why(error)}); restore it from the backup"
        ) from error
    if mode & _TOO_OPEN:
        raise Misconfigured(str(path), f"can be read by others; run `chmod 600 {path}`")
    return _keys(text, str(path))


def make(folder: Path) -> Path:
    """``secret.key`` in ``folder``: the one that is there, else a new one.

    Two processes that make it at once end up with the same key. Raises Misconfigured where it
    cannot be written.
    """
    path = folder / FILE
    if path.exists():
        return path
    key = base64.b32encode(secrets.token_bytes(KEY_BYTES)).decode("ascii").rstrip("=")
    try:
        with folder_lock(folder):
            if not path.exists():
                write_whole(path, f"{key}\n".encode("ascii"), mode=0o600)
    except OSError as error:
        raise Misconfigured(
            str(path),
            f"cannot be made ({_why(error)}); let this user write there or set {VARIABLE}",
        ) from error
    return path


def relay_password(relay: Relay, environ: Mapping[str, str] = os.environ) -> str | None:
    """The password of a relay; None where it needs none.

    Raises Misconfigured where it is unset, or its file cannot be read.
    """
    return _of_relay(relay, relay.password_env, "a password", environ)


def relay_token(relay: Relay, environ: Mapping[str, str] = os.environ) -> str | None:
    """Its access token (XOAUTH2); None where it needs none. Raises like ``relay_password``."""
    return _of_relay(relay, relay.token_env, "an access token", environ)


def _of_relay(relay: Relay, name: str, what: str, environ: Mapping[str, str]) -> str | None:
    if not name:
        return None
    given = from_environment(name, environ)
    if given is None:
        raise Misconfigured(
            f"deliver.relays {relay.name!r}",
            f"needs {what}; set the environment variable {name}, or {name}_FILE to its file",
        )
    return given


def named(variable: str, where: str, environ: Mapping[str, str] = os.environ) -> str:
    """The secret in the variable that ``where`` names; empty where it names none.

    Raises Misconfigured where the variable is unset.
    """
    if not variable:
        return ""
    given = from_environment(variable, environ)
    if given is None:
        raise Misconfigured(
            where,
            f"names {variable}, which is not set; set it, or {variable}_FILE to its file",
        )
    return given


def from_environment(name: str, environ: Mapping[str, str]) -> str | None:
    """What ``NAME`` holds, or the file that ``NAME_FILE`` names; None where neither is set.

    Raises Misconfigured for a file that cannot be read or is empty.
    """
    if given := environ.get(name, "").strip():
        return given
    file = environ.get(f"{name}_FILE", "").strip()
    if not file:
        return None
    try:
        text = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"{name}_FILE", f"names {file}, which cannot be read ({_why(error)}); mend the path"
        ) from error
    if not text:
        raise Misconfigured(f"{name}_FILE", f"names {file}, which is empty; write the secret there")
    return text


def _keys(text: str, where: str) -> tuple[bytes, ...]:
    # The text itself is the key: nothing depends on how it was spelled in base32 or hex.
    lines = [line.strip() for line in text.splitlines()]
    keys = [line.encode() for line in lines if line and not line.startswith("#")]
    if not keys:
        raise Misconfigured(where, "holds no key; restore it from the backup")
    if any(len(key) < LEAST_CHARACTERS for key in keys):
        raise Misconfigured(
            where,
            f"holds a key shorter than {LEAST_CHARACTERS} characters, which could be guessed; "
            "make one with `openssl rand -hex 32`",
        )
    return tuple(keys)


def _why(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is no plain text"
