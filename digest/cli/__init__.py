"""The operator's door: command lines to use cases, results to words and exit codes.

Commands live in modules of their own and are imported only when called: ``digest --help`` must
not pay for the libraries that render a mail.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from digest import __version__
from digest.errors import DigestError, Halted, Misconfigured

# name -> (module:attribute, one line of help); the line is here so that --help imports nothing.
COMMANDS = {
    "init": ("digest.cli.init:command", "Write a starting folder: config.toml and secret.key."),
    "send": ("digest.cli.send:command", "Gather, prepare and send an issue; --dry-run rehearses."),
    "run": ("digest.cli.run:command", "Serve, make and send each issue when it is due, for ever."),
    "status": (
        "digest.cli.status:command",
        "Show the next issues, the last, the queue, what is in trouble.",
    ),
    "stats": (
        "digest.cli.stats:command",
        "Draw subscribers, issues, bounces, sources and speed of the last days.",
    ),
    "reload": (
        "digest.cli.reload:command",
        "Let the running service take up a changed configuration.",
    ),
    "work": ("digest.cli.work:command", "Send what is due, and go on until told to stop."),
    "issues": (
        "digest.cli.issues:group",
        "List, show, pause, resume, cancel issues; try again what failed.",
    ),
    "preview": ("digest.cli.preview:command", "Show the next mail as you edit its templates."),
    "relays": ("digest.cli.relays:group", "How the relays fare; use one again that was paused."),
    "letters": ("digest.cli.letters:group", "Send the letters that are due."),
    "gather": ("digest.cli.gather:command", "Visit the sources and keep what they bring."),
    "sources": ("digest.cli.sources:group", "Add, list, check, remove, import, export sources."),
    "articles": ("digest.cli.articles:group", "List articles, show one with its clean text."),
    "why": ("digest.cli.why:command", "Explain one article: seen, dated, scored, in or out."),
    "subscribers": (
        "digest.cli.subscribers:group",
        "Add, list, show, remove, import, export, erase, count, suppress people.",
    ),
    "bounces": (
        "digest.cli.bounces:group",
        "Take in what came back, by pipe or mailbox; list, show, undo.",
    ),
    "config": ("digest.cli.config:group", "Show what is in force and where it comes from."),
    "dkim": ("digest.cli.dkim:group", "Make the keys we sign with, print their DNS records."),
    "templates": (
        "digest.cli.templates:group",
        "Begin a theme of your own; check your templates.",
    ),
    "web": ("digest.cli.web:command", "Serve the readers' pages: form, links, preferences."),
    "alerts": ("digest.cli.alerts:command", "Show what needs the operator; tell them."),
    "doctor": (
        "digest.cli.doctor:command",
        "Look at machine, relays, pages and DNS; say what to mend.",
    ),
    "prune": ("digest.cli.prune:command", "Let go of rows that are older than they are kept."),
    "migrate": ("digest.cli.migrate:group", "Move from SQLite to PostgreSQL."),
    "db": ("digest.cli.db:group", "Upgrade, inspect and back up the database."),
}


@dataclass(frozen=True, slots=True)
class Context:
    """What every command is given: where the configuration was said to be, if it was."""

    config: Path | None


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        with _nothing_collected():
            command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Importing leaves hardly any garbage; to look for it all along takes a tenth of a start."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()


class Moment(click.ParamType[datetime]):
    """An ISO 8601 moment with its zone, as aware UTC."""

    name = "ISO"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no moment; write one such as 2026-11-24T06:30+01:00")
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            self.fail(f"{value!r} is out of reach; write a year from {FIRST_YEAR} to {LAST_YEAR}")
        if at.tzinfo is None:
            self.fail(f"{value!r} names no zone; write {at.isoformat()}+00:00 for UTC")
        return at.astimezone(UTC)


FIRST_YEAR, LAST_YEAR = 1970, 9000  # days can be taken from it, and added to it
OTHERS = 0o007  # what a mode lets the machine's other users do
moment = Moment()
number = click.IntRange(0, 2**31 - 1)  # of a row: PostgreSQL counts no further


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="digest")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="config.toml or its folder; default: DIGEST_CONFIG, else this folder.",
)
@click.pass_context
def digest(ctx: click.Context, config: Path | None) -> None:
    """Digest: a newsletter that collects, tells each piece of news once, and mails it."""
    ctx.obj = Context(config)


@contextmanager
def _nothing_for_others() -> Iterator[None]:
    """What is written holds addresses and links that act for readers: the machine's other users
    may not read it."""
    before = os.umask(OTHERS)
    os.umask(before | OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line ``args``, by default the program's own.

    Exit codes: 0 done, 1 failed, 2 mend what is named, 130 stopped.
    """
    try:
        with _nothing_for_others():
            code = digest.main(args=args, prog_name="digest", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("digest: stopped; what was kept before is untouched", err=True)
        sys.exit(130)
    except Halted as error:
        click.echo(f"digest: stopped; {error}", err=True)
        sys.exit(130)
    except Misconfigured as error:
        click.echo(f"digest: {error}", err=True)
        sys.exit(2)
    except DigestError as error:
        click.echo(f"digest: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        leave_output()
        # Nobody reads on after `| head`, and nobody is to be told.
        if not isinstance(error, BrokenPipeError):
            what = error.filename or "the output"
            click.echo(f"digest: {what} cannot be used: {error.strerror or error}", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def leave_output() -> None:
    """Let what is still to be written to stdout go nowhere: the interpreter flushes it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
