"""``digest web``: serve the readers' pages until stopped."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from digest import clock, logs, supervisor, wiring, worker
from digest.cli import Context, serving
from digest.config import secret
from digest.config.load import load_for
from digest.config.settings import Settings


@click.command("web")
@click.option("--host", help="The address to listen on; default: web.host.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port; default: web.port.")
@click.pass_obj
def command(context: Context, host: str | None, port: int | None) -> None:
    """Serve the form, the links of mails and the preferences.

    Put a web server with TLS in front of it, and name that server in web.trusted_proxies.
    """
    settings = load_for(context.config).settings
    logs.set_up(sys.stderr, clock=clock.clock_at(None))
    ring = secret.make_and_read(settings.folder)
    host, port = host or settings.web.host, port or settings.web.port
    with serving.listening(host, port) as door:
        click.echo(f"Readers' pages at http://{f'[{host}]' if ':' in host else host}:{port}/")
        worker.run(_serve(settings, ring, door))


async def _serve(settings: Settings, ring: tuple[bytes, ...], door: socket.socket) -> None:
    host, port = door.getsockname()[:2]
    async with wiring.tools(settings) as tools:
        served = serving.options(serving.pages(settings, tools, ring), host, port)
        await Server(served).serve(sockets=[door])


class Server(serving.Server):
    """A server that tells the supervisor when it listens and is about to stop.

    SIGHUP stops it as SIGTERM does: it serves one configuration, and whoever reloads it starts it
    anew.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
            signal.signal(signal.SIGHUP, self.handle_exit)
        with super().capture_signals():
            yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        supervisor.tell(supervisor.READY)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        supervisor.tell(supervisor.STOPPING)
        await super().shutdown(sockets)
