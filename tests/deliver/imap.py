"""IMAP servers on loopback: Debian's Dovecot where it is installed, and one that misbehaves."""

from __future__ import annotations

import imaplib
import os
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
NOBODY = 65534
PASSWORD = "the-password-of-the-mailbox"
MAILBOX = """
[bounces.mailbox]
host = "127.0.0.1"
port = {port}
tls = "none"
username = "bounces"
password_env = "BOUNCES_PASSWORD"
"""
CONF = """\
base_dir = {folder}/run
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail
first_valid_uid = 1
mail_uid = {nobody}
mail_gid = {nobody}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={nobody} gid={nobody} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
  }}
}}
service stats {{
  chroot =
}}
service anvil {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = .
  prefix = {prefix}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running Dovecot. ``authority``: the file of the certificate that proves it."""

    tls: int
    plain: int
    authority: Path

    @contextmanager
    def session(self) -> Iterator[imaplib.IMAP4]:
        """The mailbox's owner, looking in."""
        context = ssl.create_default_context(cafile=str(self.authority))
        with imaplib.IMAP4_SSL("127.0.0.1", self.tls, ssl_context=context, timeout=30) as here:
            here.login("bounces", PASSWORD)
            here.select("INBOX")
            yield here

    def put(self, *mails: bytes) -> None:
        with self.session() as here:
            for mail in mails:
                assert here.append("INBOX", "", None, mail)[0] == "OK"

    def subjects(self, folder: str, search: str = "ALL") -> list[str]:
        """What lies in a folder; nothing where there is no such folder."""
        with self.session() as here:
            if here.select(f'"{folder}"', readonly=True)[0] != "OK":
                return []
            found = here.search(None, search)[1][0].split()
            return [self._subject(here, number.decode()) for number in found]

    @staticmethod
    def _subject(here: imaplib.IMAP4, number: str) -> str:
        said = here.fetch(number, "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0]
        assert isinstance(said, tuple)
        return said[1].decode().partition(":")[2].strip()


@contextmanager
def dovecot(password: str = PASSWORD, prefix: str = "") -> Iterator[Server]:
    """``prefix``: what the names of all folders begin with, such as ``INBOX.``."""
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    server = Server(tls=_free(), plain=_free(), authority=folder / "cert.pem")
    for name in ("mail", "home", "run"):
        (folder / name).mkdir()
    folder.chmod(0o755)
    for name in ("mail", "home"):
        os.chown(folder / name, NOBODY, NOBODY)
    _certificate(folder)
    (folder / "dovecot.conf").write_text(
        CONF.format(
            folder=folder,
            nobody=NOBODY,
            password=password,
            prefix=prefix,
            plain=server.plain,
            tls=server.tls,
        ),
        encoding="utf-8",
    )
    running = subprocess.Popen(
        [str(DOVECOT), "-F", "-c", str(folder / "dovecot.conf")],
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    try:
        assert running.stderr
        lines = iter(running.stderr.readline, "")
        assert any("starting up" in line for line in lines), "Dovecot did not start"
        drain = threading.Thread(target=running.stderr.read, daemon=True)
        drain.start()
        yield server
    finally:
        running.terminate()
        running.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def hostile(
    answer: Callable[[bytes], bytes | None],
    greeting: bytes,
    tls: ssl.SSLContext | None = None,
    *,
    resets: bool = False,
) -> Iterator[int]:
    """A server of one connection at a time; ``answer`` None hangs up. Its port.

    ``resets``: it hangs up as a process does that is killed, and not with a goodbye.
    """

    class Handler(socketserver.StreamRequestHandler):
        timeout = 30

        def handle(self) -> None:
            self.wfile.write(greeting)
            for line in self.rfile:
                said = answer(line)
                if said is None:
                    return
                self.wfile.write(said)

        def finish(self) -> None:
            try:
                super().finish()
            except OSError:
                self.connection.close()

    class Quiet(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

        def get_request(self) -> tuple[socket.socket, object]:
            here, there = super().get_request()
            return (tls.wrap_socket(here, server_side=True) if tls else here), there

        def shutdown_request(self, request: Any) -> None:
            if resets:
                request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                request.close()
            else:
                super().shutdown_request(request)

        def handle_error(self, *_: object) -> None:
            """The client hung up: that is what is tried here."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(timeout=30)


def _free() -> int:
    with socket.socket() as here:
        here.bind(("127.0.0.1", 0))
        return int(here.getsockname()[1])


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mailbox.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
