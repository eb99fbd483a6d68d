"""A real Postfix of our own on loopback: its files in a folder, its readers in Maildirs."""

from __future__ import annotations

import mailbox
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.deliver.test_smtp import certified

DOMAIN = "readers.example"
PROGRAM = shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

MAIN = """
compatibility_level = 3.6
myhostname = relay.example
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = /dev/stdout
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/readers
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_mailbox_limit = 0
message_size_limit = 200000
smtputf8_enable = yes
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {folder}/ca.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_client_connection_rate_limit = 0
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
postlog  unix-dgram n - n - 1 postlogd
cleanup  unix n - n - 0 cleanup
qmgr     unix n - n 300 1 qmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
tlsmgr   unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
anvil    unix - - n - 1 anvil
error    unix - - n - - error
virtual  unix - n n - - virtual
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """``folder`` holds ca.pem, which its certificate is to be trusted by."""

    folder: Path
    port: int

    def delivered(self, reader: str) -> list[tuple[EmailMessage, bytes]]:
        """What lies in a reader's Maildir once something does: Postfix answers first.

        Each message parsed, and as the bytes that were kept.
        """
        folder = self.folder / "mail" / reader
        deadline = time.monotonic() + 60
        while not any(folder.glob("new/*")):
            assert time.monotonic() < deadline, f"nothing arrived for {reader}"
            time.sleep(0.02)
        box = mailbox.Maildir(folder, create=False)
        raw = [box.get_bytes(key) for key in sorted(box.keys())]
        return [(BytesParser(policy=SMTP).parsebytes(one), one) for one in raw]


def need_postfix() -> None:
    """Skip the module that asks, unless everything must run: then its tests fail instead."""
    if os.environ.get("DIGEST_TESTS") == "complete":
        return
    if PROGRAM is None:
        pytest.skip("no postfix on the path", allow_module_level=True)
    if os.geteuid() != 0:
        pytest.skip("postfix starts for root alone", allow_module_level=True)


@contextmanager
def a_postfix(*readers: str) -> Iterator[Postfix]:
    """Running, with a mailbox for each of ``readers`` (the part before the at sign)."""
    assert PROGRAM, "postfix is not installed"
    # Not pytest's own folder: Postfix's user may not look into it.
    folder = Path(tempfile.mkdtemp(prefix="digest-postfix-"))
    try:
        postfix = _prepared(folder, readers)
        config = str(folder / "etc")
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(
                [PROGRAM, "-c", config, "start-fg"], stdout=log, stderr=log, start_new_session=True
            )
            try:
                _wait_for(postfix.port, folder / "log")
                yield postfix
            finally:
                subprocess.run([PROGRAM, "-c", config, "stop"], capture_output=True, check=False)
                running.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(folder: Path, readers: tuple[str, ...]) -> Postfix:
    owner = pwd.getpwnam("postfix")
    folder.chmod(0o755)
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir()
    for name in ("data", "mail"):
        os.chown(folder / name, owner.pw_uid, owner.pw_gid)
    certified(folder)
    lines = "".join(f"{reader}@{DOMAIN} {reader}/\n" for reader in readers)
    (folder / "readers").write_text(lines, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    said = {"folder": folder, "domain": DOMAIN, "uid": owner.pw_uid, "gid": owner.pw_gid}
    (folder / "etc" / "main.cf").write_text(MAIN.format(**said))
    (folder / "etc" / "master.cf").write_text(MASTER.format(port=port))
    return Postfix(folder, port)


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"postfix did not open port {port}: {log.read_text()}")
