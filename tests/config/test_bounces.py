from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import Misconfigured
from digest.wiring import bounces as coming_back
from tests.config.conftest import GOOD, Mistakes, Read

BOUNCES = GOOD + "\n[bounces]\n"
MAILBOX = GOOD + '\n[bounces.mailbox]\nhost = "imap.quayside.example"\n'
NAMED = 'username = "bounces"\npassword_env = "PASSWORD"\n'


def test_all_of_it_may_be_left_out(read: Read):
    settings = read(GOOD).settings

    rules = coming_back.bounce_rules(settings)
    assert (rules.soft_limit, rules.soft_days) == (5, 30)
    assert settings.bounces.mailbox.host == settings.deliver.bounce_domain == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOUNCES + "soft_limit = 0", "bounces.soft_limit is 0; write a number from 1"),
        (BOUNCES + "soft_days = 400", "bounces.soft_days is 400; write a number from 1, up to 365"),
        (BOUNCES + 'ses_topics = ["bounces"]', "bounces.ses_topics[1] is \"bounces\", which names"),
        (BOUNCES + 'mailgun_secret_env = "a-b"', "is no name of an environment variable"),
        (BOUNCES + 'password = "x"', "bounces.password is a secret, and config.toml is no place"),
        (MAILBOX, "bounces.mailbox.host has no username beside it"),
        (MAILBOX + 'username = "b"', "bounces.mailbox.host has no password_env beside it"),
        (MAILBOX + NAMED + 'tls = "none"', "the password would travel for all to read"),
        (MAILBOX + NAMED + 'folder = ""', "bounces.mailbox.folder is empty"),
        (MAILBOX + NAMED + "port = 0", "bounces.mailbox.port is 0"),
        (GOOD + '\n[deliver]\nbounce_domain = "b@x.example"', "deliver.bounce_domain is"),
        (GOOD + '\n[deliver]\nbounce_domain = "localhost"', "write a domain alone, such as"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_with_its_cure(mistakes: Mistakes, text: str, told: str):
    found = mistakes(text + "\n")

    assert len(found) == 1
    assert told in found[0]


def test_a_secret_comes_from_the_environment_or_its_file(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    settings = read(
        BOUNCES + 'mailgun_secret_env = "MAILGUN"\ngeneric_secret_env = "GENERIC"\n'
    ).settings
    monkeypatch.setenv("MAILGUN", "the key of Mailgun")

    with pytest.raises(Misconfigured, match=r"bounces\.generic_secret_env names GENERIC, which is"):
        coming_back.seals(settings)

    (tmp_path / "generic").write_text("the key in a file\n")
    monkeypatch.setenv("GENERIC_FILE", str(tmp_path / "generic"))
    seals = coming_back.seals(settings)
    assert (seals.mailgun, seals.generic) == ("the key of Mailgun", "the key in a file")
    assert (seals.postmark, seals.sendgrid, seals.ses_topics) == ("", "", ())


@pytest.mark.parametrize("key", ["SG.abc", "aGVsbG8=", "-----BEGIN PUBLIC KEY-----", "ключ"])
def test_a_key_of_sendgrid_that_is_none_is_said_before_all_its_requests_are_refused(
    read: Read, key: str
):
    settings = read(BOUNCES + f'sendgrid_public_key = "{key}"\n').settings

    with pytest.raises(Misconfigured, match=r"bounces\.sendgrid_public_key is no public key"):
        coming_back.seals(settings)
