"""The shape of config.toml: one frozen Settings, its tables named after the folders. Pure.

Stages own their dials: the dataclasses of ``[collect]``, ``[curate.*]``, ``[compose]`` live beside
the code they turn. pydantic reads all of them through ``TypeAdapter(Settings)``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen

from digest.checkup.alerts import AlertOptions
from digest.collect.http import HttpOptions
from digest.compose.options import ComposeOptions
from digest.curate.curation import CurateOptions
from digest.deliver.options import Count, DkimOptions, DomainLimits, WarmUpOptions
from digest.model import Newsletter, Source
from digest.storage.options import Keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """``[site]``: who publishes."""

    name: Annotated[str, MinLen(1)]
    base_url: str  # https://news.example.org, no trailing slash
    postal_address: str = ""
    operator: str = ""  # the address that hears of trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """``[collect]``: HttpOptions as ``http``, the sources as ``sources``."""

    http: HttpOptions = field(default_factory=HttpOptions)
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """One ``[[deliver.relays]]``: a server that takes our mail."""

    name: Annotated[str, MinLen(1)]
    host: Annotated[str, MinLen(1)]
    port: Annotated[int, Ge(1), Le(65535)] = 587
    tls: Literal["auto", "starttls", "implicit", "none"] = "auto"
    username: str = ""
    password_env: str = ""  # the variable that holds the password, or NAME_FILE names its file
    token_env: str = ""  # the same for an access token (XOAUTH2)
    ca_file: Path | None = None  # PEM; none: the system's authorities
    local_hostname: str = ""  # what we call ourselves in EHLO; empty: the host of base_url
    weight: Annotated[float, Ge(0)] = 1.0  # 0: a spare
    max_connections: Annotated[int, Ge(1)] = 16
    max_messages_per_connection: Annotated[int, Ge(1)] = 1000
    per_second: Count = 0
    per_minute: Count = 0
    per_hour: Count = 0
    per_day: Count = 0
    warmup: WarmUpOptions | None = None
    bdat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """``[deliver]``: how mail leaves, and what becomes of what was on the wire in a crash."""

    transport: Literal["maildir", "smtp"] = "maildir"
    maildir: Path = Path("maildir")
    unsubscribe_mailbox: str = (
        ""  # List-Unsubscribe mailto; empty: unsubscribe@ the sender's domain
    )
    in_doubt: Literal["resend", "hold"] = "resend"
    drain_seconds: Annotated[float, Ge(1)] = 8.0
    first_retry_seconds: Annotated[float, Gt(0)] = 60.0
    each_domain: DomainLimits = field(default_factory=DomainLimits)
    domains: dict[str, DomainLimits] = field(default_factory=dict)
    dkim: DkimOptions | None = None
    bounce_domain: str = ""  # of the signed envelope senders; empty: the sender's own address
    relays: tuple[Relay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """``[bounces.mailbox]``: where what comes back is read over IMAP; no host: nowhere."""

    host: str = ""
    port: Annotated[int, Ge(1), Le(65535)] = 993
    tls: Literal["starttls", "implicit", "none"] = "implicit"
    username: str = ""
    password_env: str = ""  # the variable that holds the password, or NAME_FILE names its file
    folder: Annotated[str, MinLen(1)] = "INBOX"
    done_folder: str = "Digest"  # what was understood goes there; empty: it stays, marked as seen
    timeout_seconds: Annotated[float, Gt(0)] = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounces:
    """``[bounces]``: when failures are too many, who may tell us, what nobody understood."""

    soft_limit: Annotated[int, Ge(1)] = 5
    soft_days: Annotated[int, Ge(1)] = 30
    unread: Path = Path("unread")  # a Maildir: what came through the pipe and was not understood
    mailbox: Mailbox = field(default_factory=Mailbox)
    ses_topics: tuple[str, ...] = ()  # ARNs of the SNS topics that are ours
    sendgrid_public_key: str = ""
    postmark_secret_env: str = ""
    mailgun_secret_env: str = ""
    generic_secret_env: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """``[schedule]``: how the clock is kept."""

    catch_up_hours: Annotated[float, Ge(0)] = 6.0  # an issue later than this is not made


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    url: str = "sqlite:///digest.db"
    media: Path = Path("media")
    keep: Keep = field(default_factory=Keep)


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """``[web]``: the readers' pages, and how far a stranger is trusted."""

    host: str = "127.0.0.1"
    port: Annotated[int, Gt(0), Le(65535)] = 8000
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")  # addresses or networks
    embed_origins: tuple[str, ...] = ()  # https://shop.example, no path
    double_opt_in: bool = True
    consent_text: Annotated[str, MinLen(1)] = "2026-11"  # the version a reader agreed to
    ip_mark_days: Annotated[int, Ge(1)] = 90  # then the log forgets the hash of the network
    proof_of_work: bool = True
    proof_cost: Annotated[int, Ge(1)] = 5_000  # rounds of PBKDF2 for each of ~256 guesses
    min_fill_seconds: Annotated[float, Ge(0)] = 2.0
    joins_per_network: Annotated[int, Ge(1)] = 20  # an hour; an address or a /64
    joins_without_proof: Annotated[int, Ge(1)] = 1  # an hour; a /24 or a /48
    joins_overall: Annotated[int, Ge(1)] = 2_000  # an hour
    max_body_bytes: Annotated[int, Ge(1024)] = 32_768
    timeout_seconds: Annotated[float, Gt(0)] = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that is in force. Paths are absolute; ``folder`` is where config.toml lies."""

    folder: Path
    site: Site
    newsletters: dict[str, Newsletter]
    collect: Collect = field(default_factory=Collect)
    curate: CurateOptions = field(default_factory=CurateOptions)
    compose: ComposeOptions = field(default_factory=ComposeOptions)
    deliver: Deliver = field(default_factory=Deliver)
    bounces: Bounces = field(default_factory=Bounces)
    schedule: Schedule = field(default_factory=Schedule)
    alerts: AlertOptions = field(default_factory=AlertOptions)
    storage: Storage = field(default_factory=Storage)
    web: Web = field(default_factory=Web)
