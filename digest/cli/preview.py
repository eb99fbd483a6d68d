"""``digest preview``: the next mail on a page of this machine that follows the templates."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
import uvicorn

from digest import wiring
from digest.cli import Context, specimen
from digest.cli.newsletters import chosen
from digest.compose.prepared import Prepared
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.errors import Misconfigured
from digest.model import Newsletter
from digest.services.publish import MEMORY, draft, illustrated
from digest.storage import rehearsal as seeding
from digest.storage.database import Store
from digest.web.preview import application
from digest.web.proofs import Proofs
from digest.wiring import World

HERE = "127.0.0.1"


@click.command("preview")
@click.argument("newsletter", required=False)
@click.option("--sample", "sampled", is_flag=True, help="Show the sample paper instead.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8025, show_default=True, help="The port."
)
@click.pass_obj
def command(context: Context, newsletter: str | None, sampled: bool, port: int) -> None:
    """Show the next mail of NEWSLETTER on a page that changes as you edit its templates.

    At two widths, light and dark, without pictures and as text, with what lint says and what each
    part weighs. Nothing is gathered and nothing is kept. Until stopped; for this machine only.
    """
    settings = load_for(context.config).settings
    name = chosen(newsletter, settings)
    asyncio.run(_serve(settings, settings.newsletters[name], sampled=sampled, port=port))


async def _serve(settings: Settings, newsletter: Newsletter, *, sampled: bool, port: int) -> None:
    with _listening(port) as listening:
        await _serve_on(listening, settings, newsletter, sampled=sampled, port=port)


def _listening(port: int) -> socket.socket:
    """Asked for first: nobody should wait for a draft to hear that the port is taken."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HERE, port))
        made.listen()
    except OSError as error:
        made.close()
        raise Misconfigured(
            f"port {port}", f"cannot be used: {error.strerror}; give another with --port"
        ) from error
    return made


async def _serve_on(
    listening: socket.socket,
    settings: Settings,
    newsletter: Newsletter,
    *,
    sampled: bool,
    port: int,
) -> None:
    async with proofs(settings, newsletter, sampled=sampled) as made:
        click.echo(f"{made.source} Preview at http://{HERE}:{port}/")
        config = uvicorn.Config(
            application(made),
            http="h11",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,  # a page that listens for changes never ends by itself
        )
        await uvicorn.Server(config).serve(sockets=[listening])


@asynccontextmanager
async def proofs(
    settings: Settings, newsletter: Newsletter, *, sampled: bool = False
) -> AsyncIterator[Proofs]:
    """The next issue from what is kept; where there is none, the sample paper. Keeps nothing."""
    with tempfile.TemporaryDirectory(prefix="digest-preview-") as name:
        folder = Path(name)
        imprint = wiring.imprint(settings, media=folder / "media")
        async with wiring.world(settings) as world:
            drafted = None if sampled else await _next(settings, newsletter, world, folder)
            source = "The next issue, from what is kept."
            if drafted is None or drafted.issue is None:
                source = f"The sample paper{_why(drafted, sampled=sampled)}."
                drafted = await specimen.draft_of(settings, newsletter, world, folder)
            shown = await illustrated(drafted, imprint, fetch=world.fetch, isolate=world.isolate)
            yield Proofs(shown, imprint, source=source, isolate=world.isolate)


def _why(drafted: Prepared | None, *, sampled: bool) -> str:
    if sampled:
        return ""
    return f" ({drafted.reason if drafted else 'nothing is kept yet'})"


async def _next(
    settings: Settings, newsletter: Newsletter, world: World, folder: Path
) -> Prepared | None:
    """The draft of the next issue from a copy of what is kept; None where nothing is."""
    kept = await Store.open_read_only(settings.storage.url)
    if kept is None:
        return None
    try:
        async with wiring.store_at(folder / "kept.db") as store:
            await seeding.seed(kept, store, world.clock() - MEMORY)
            imprint = wiring.imprint(settings, media=folder / "media")
            return await draft(store, newsletter, imprint, isolate=world.isolate, clock=world.clock)
    finally:
        await kept.close()
