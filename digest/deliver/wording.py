"""What mail servers say when they refuse, in the words of the field. Pure.

The patterns are for ``plain`` words, without the addresses and host names that stand in them: a
reader at antispam.example.org is no spam.
"""

from __future__ import annotations

import re

MOST = 1000  # characters that are looked at

_LISTS = r"spamhaus|spamcop|\bsorbs\b|uceprotect|barracudacentral|abuseat|mailspike|invaluement"
_REFUSED = r"reject|refus|den[iy]|block|invalid|unknown|unauth|unverif|verif|suspend|fail|not\b"
# Of us: our address on a block list, our sender, our login, our name in the DNS.
US = re.compile(
    rf"{_LISTS}|(?:black|block|deny).?list|\bdnsbl|\b(?:att)?rbls?\b|\bblocked using\b"
    r"|(?<!not )\blisted (?:at|by|in|on)\b|\bclient host\b|reputation|\bspf\b|\bdkim\b|\bdmarc\b"
    rf"|\bsenders?\b.{{0,40}}\b(?:{_REFUSED})"
    r"|\b(?:reject|refus|block|den[iy]|bad|invalid|unverified)\w* (?:the |this |your )?"
    r"(?:envelope )?sender"
    r"|\bmail from\b.{0,30}\b(?:refus|reject|den[iy]|block|not\b)"
    r"|\bfrom\W{0,2} (?:address|header)|\b(?:address|domain|identity) (?:is )?not verified"
    r"|\brelay(?:ing)? (?:access )?(?:denied|not (?:permitted|allowed)|prohibited)"
    r"|\bto relay\b|\bauthentication (?:is )?required|\b(?:un|not )authenticated"
    r"|\byour (?:ip|isp|server|mail ?server|host|network|domain)\b"
    r"|\byour account\b.{0,30}\b(?:suspended|disabled|blocked|paused)"
    r"|\bsending\b.{0,20}\b(?:suspended|paused|disabled)"
    r"|\bsenders?(?:'s)? (?:submission )?quota|\bexceeded the max\w* .{0,40}\bper (?:hour|day)"
    r"|\b(?:daily|hourly|monthly|sending|outgoing|outbound|relay)\b.{0,30}\b(?:quota|limit)"
    r"|\bnot authori[sz]ed to perform|\bnot allowed to send\b"
    r"|\breverse dns|(?<!ips from )\bptr\b|\brdns\b|\bhelo\b|\behlo\b|\binvalid dns\b|\bdynamic ip",
    re.IGNORECASE,
)
# Of the mailbox itself: "quota exceeded" alone may be ours of sending.
_FULL_BOX = (
    r"\b(?:mail ?box|inbox|maildir)\b.{0,20}(?:\bfull\b|\bexceed\w*\b.{0,20}\b(?:limit|space|size)"
    r"|\blimit (?:is |was |has been )?exceed)|\bfull mail ?box"
)
_FULL = (
    rf"{_FULL_BOX}|\bover.?(?:the |its |disk |allowed )*quota|\bquota\b.{{0,20}}\bexceed"
    r"|\bexceed\w*\b.{0,20}\b(?:quota|storage)|\b(?:account|user)\b.{0,20}\bfull\b"
    r"|\btoo many messages (?:on|in) the|\btoo much mail data|\bspace has been used up"
    r"|\bzu ?viele (?:e-?)?mails\b"
)
# Of a reader's mailbox that is there, and full: Orange says so with 5.1.1.
FULL = re.compile(_FULL, re.IGNORECASE)
FULL_BOX = re.compile(_FULL_BOX, re.IGNORECASE)
# Of one that is there, or may be again.
PASSING = re.compile(
    rf"{_FULL}|\b(?:insufficient|not enough|out of)\b.{{0,20}}\b(?:storage|space)"
    r"|\b(?:account|mail ?box|user)\b.{0,12}\b(?:is|was|has been|currently|temporarily)"
    r".{0,14}(?:\b|(?<=is))(?:blocked|disabled(?! or discontinued)|suspended|inactive|locked|frozen"
    r"|deactivated)",
    re.IGNORECASE,
)
# The same in a word or two: where the code names no mailbox, it may be our own account.
HELD = re.compile(
    r"\b(?:account|mail ?box|user)\W{1,3}(?:blocked|disabled(?! or discontinued)|suspended|inactive"
    r"|locked|frozen|deactivated)",
    re.IGNORECASE,
)
_TOO_BIG = r"\btoo (?:large|big)\b|\bsize\b.{0,20}\bexceed|\bexceed\w*\b.{0,30}\bsize"
# Of this message, or of how many come at once.
MESSAGE = re.compile(
    rf"{_TOO_BIG}|spam|unsolicited|\bbulk\b|\bjunk\b|phish|virus|malware|\bcontent\b|policy|policies"
    r"|prohibit|blocked|suspicious|suspected|rate.?limit|too many(?! hops)|gr[ae]y.?list|\bdt:spm"
    r"|\brp:\w{3}\b|\bsurbl|\buribl|not authori[sz]ed|\bfrequency\b.{0,40}\blimited"
    r"|\bservice refused|\bhost\b.{0,12}\bnot allowed|\brejected by (?:the )?recipient",
    re.IGNORECASE,
)
_BOX = r"(?:user|recipient|addressee|mail[ -]?box)"
_WHO = rf"(?:{_BOX}|rcpt|account|address|person|local.?part)"
# Of an address that is not there, and of a domain that is not.
NOBODY = re.compile(
    rf"\b{_WHO}s?\b.{{0,40}}\b(?:unknown|not (?:found|known|exist|listed|local)|does ?n.t exist"
    r"|invalid|no longer (?:exists|valid|available|accepts)|discontinued|closed)"
    rf"|\b(?:unknown|no such|invalid|non.?exist[ae]nt|not an? (?:valid|known|existing))\b.{{0,20}}"
    rf"\b(?:{_WHO}|host|domain)"
    rf"|\bdoes(?: not|n.t) have an?\b.{{0,40}}\baccount|\bnot (?:our|a) customer|\bno {_WHO} here"
    rf"|\bno {_WHO}\b.{{0,12}}\bby that name"
    # QQ says of any that it is "unavailable or access denied".
    r"|\bmail ?box (?:is )?(?:unavailable(?! or access)|not available)"
    r"|\bunrouteable address|\bhost or domain name not found|\bdomain (?:name )?not found"
    r"|\bdomain\b.{0,60}\bdoes not exist|\bnull ?mx\b",
    re.IGNORECASE,
)
# The same where the code says that we are refused: of the mailbox itself, and plainly.
NO_BOX = re.compile(
    rf"\b{_BOX}\b.{{0,12}}\b(?:unknown|not (?:found|known)|does(?: not|n.t) exist)"
    rf"|\b(?:unknown|no|no such) {_BOX}\b",
    re.IGNORECASE,
)
# Microsoft, at the edge of a domain whose directory it knows; said of anything else elsewhere.
EDGE = re.compile(r"\brecipient address rejected: access denied", re.IGNORECASE)

_REPLY = re.compile(r"(?:\w+;)?\s*([245])\d\d\b")
_CODES = re.compile(
    r"(?<![\w.])(?:[245]\d\d[ -])?#?[245]\.\d{1,3}\.\d{1,3}\b|(?<![\w.])[245]\d\d[ -]"
)
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>()\[\],;:]+>?")
# Its last label is of one case: "blocked.Please" is two sentences.
_PLACE = re.compile(
    r"(?:\bhttps?://)?(?<![\w.-])(?:[\w-]+\.)+(?:[a-z]{2,}|[A-Z]{2,})\b(?:[/?]\S*)?"
)
_NAMES_A_LIST = re.compile(_LISTS, re.IGNORECASE)
# How Postfix quotes another server, how Microsoft does, and Cisco ("Unknown address error 550-'").
_SAID = re.compile(r" said: | -> (?=[245]\d\d\b)| (?=[245]\d\d-')")


def plain(words: str) -> str:
    """The words alone, on one line: without codes, addresses and the names of hosts.

    The names of block lists stay.
    """
    text = " ".join(words[:MOST].split())
    text = _ADDRESS.sub(" ", _CODES.sub(" ", text))
    text = _PLACE.sub(lambda place: place[0] if _NAMES_A_LIST.search(place[0]) else " ", text)
    return " ".join(text.split())


def quoted(words: str) -> str:
    """What another server said, as the one that answered quotes it; empty where none is."""
    _, *theirs = _SAID.split(words[:MOST])
    return theirs[-1] if theirs else ""


def own(words: str) -> str:
    """What whoever answered says itself, before it quotes anybody."""
    return _SAID.split(words[:MOST], maxsplit=1)[0]


def reply_class(words: str) -> int:
    """The first figure of the reply code (RFC 5321, 4.2) at the front; 0 where there is none."""
    found = _REPLY.match(words)
    return int(found[1]) if found else 0


def is_too_big(words: str) -> bool:
    """Whether it is the message's size that is refused."""
    return re.search(_TOO_BIG, plain(words), re.IGNORECASE) is not None


def says_only_no_such_user(words: str) -> bool:
    """Whether nothing but that is said, and of no address that might be the sender's."""
    if "@" in words:
        return False
    return re.match(r"(?:\w+;)?\W*no such user\b", plain(words), re.IGNORECASE) is not None
