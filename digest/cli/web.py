"""``digest web``: serve the readers' pages until stopped."""

from __future__ import annotations

import asyncio
import os
import socket
import sys

import click
import uvicorn

from digest import clock, logs, supervisor, wiring
from digest.cli import Context
from digest.config import secret
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.web import pulse
from digest.web.app import application
from digest.web.hooks import Hooks
from digest.web.porch import HEADER_BYTES
from digest.wiring import bounces as coming_back

CONNECTIONS = 512


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
    click.echo(f"Readers' pages at http://{f'[{host}]' if ':' in host else host}:{port}/")
    asyncio.run(_serve(settings, ring, host=host, port=port))


async def _serve(settings: Settings, ring: tuple[bytes, ...], *, host: str, port: int) -> None:
    async with wiring.tools(settings) as tools:
        store = tools.store
        heard = Hooks(
            seals=coming_back.seals(settings),
            acts=coming_back.acts(ring),
            rules=coming_back.bounce_rules(settings),
            fetch=tools.fetch,
        )
        config = uvicorn.Config(
            application(
                settings,
                store=store,
                ring=ring,
                clock=tools.clock,
                heard=heard,
                metrics_token=secret.from_environment(pulse.TOKEN, os.environ) or "",
            ),
            host=host,
            port=port,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,  # logs.set_up has seen to it
            access_log=False,  # addresses of pages hold tokens
            server_header=False,
            proxy_headers=False,  # web.trusted_proxies says whom we believe
            h11_max_incomplete_event_size=HEADER_BYTES,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=10,
        )
        await Server(config).serve()


TICKS = 50  # of a tenth of a second, between two words that we are alive


class Server(uvicorn.Server):
    """A server that tells the supervisor when it listens, lives, and is about to stop."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        supervisor.tell(supervisor.READY)

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS == 0:
            supervisor.tell(supervisor.ALIVE)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        supervisor.tell(supervisor.STOPPING)
        await super().shutdown(sockets)
