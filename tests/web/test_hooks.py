"""Webhooks, as each provider sends and signs them; and as those do who are no provider."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from digest.collect.fetch import Failed, Fetched
from digest.deliver import providers, seals, verp
from digest.deliver.seals import Seals
from digest.deliver.verp import Ref, Sort
from digest.services.feedback import Rules
from digest.storage import reports
from digest.web.hooks import MOST_BYTES, Hooks, Tokens
from digest.wiring import bounces as coming_back
from subscribers.model import Standing
from subscribers.tokens import Purpose
from tests.builders import NOW
from tests.web.house import RING, House, house, link

TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
CONFIRM = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
AMAZON = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SENDGRID = ec.generate_private_key(ec.SECP256R1())
PUBLIC = SENDGRID.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
SEALS = Seals(
    ses_topics=(TOPIC,),
    postmark="the password that Postmark was given",
    sendgrid=base64.b64encode(PUBLIC).decode(),
    mailgun="key-of-mailgun",
    generic="the key of the generic hook",
)


def certificate(life=timedelta(days=30)):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(AMAZON.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=60))
        .not_valid_after(NOW + life)
    )
    return made.sign(AMAZON, SHA256()).public_bytes(Encoding.PEM)


@dataclass
class Amazon:
    """Answers for amazonaws.com, and remembers what it was asked."""

    pem: bytes = field(default_factory=certificate)
    is_up: bool = True
    leads_to: str = ""
    asked: list[str] = field(default_factory=list)

    async def __call__(self, ask):
        self.asked.append(ask.url)
        if not self.is_up:
            return Failed(url=ask.url, status="timed out", reason="no answer")
        return Fetched(url=self.leads_to or ask.url, body=self.pem)


@dataclass
class Office:
    """A site with its webhooks, and one reader."""

    house: House
    amazon: Amazon
    who: str = ""

    async def post(self, provider, body, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return (await self.house.post(f"/hooks/{provider}", body, headers=names)).status

    async def standing(self):
        return (await self.house.find(self.who)).person.standing

    async def reports(self):
        """Whom each is about, and its original."""
        kept = await self.house.store.read(reports.page, limit=20)
        found = [await self.house.store.read(reports.shown, one.id) for one in kept]
        return [(str(one.address), original) for one, original in found]

    async def kinds(self):
        kept = await self.house.store.read(reports.page, limit=20)
        return sorted(one.kind for one in kept)


def hooks(amazon, seals=SEALS):
    return Hooks(seals=seals, acts=coming_back.acts(RING), rules=Rules(), fetch=amazon)


@pytest.fixture
async def office(tmp_path) -> AsyncIterator[Office]:
    amazon = Amazon()
    async with house(tmp_path, heard=hooks(amazon)) as running:
        yield Office(running, amazon, await running.member())


def sns(message, *, key=AMAZON, version="2", **given):
    """A request of SNS around ``message``."""
    told = {
        "Type": "Notification",
        "MessageId": "m-1",
        "TopicArn": TOPIC,
        "Message": json.dumps(message),
        "Timestamp": "2026-11-24T06:31:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        **given,
    }
    names = ["Message", "MessageId"]
    names += [n for n in ("Subject", "SubscribeURL") if n in told]
    names += ["Timestamp"] + (["Token"] if "Token" in told else []) + ["TopicArn", "Type"]
    said = "".join(f"{name}\n{told[name]}\n" for name in names).encode()
    by = SHA256() if version == "2" else SHA1()
    sealed = key.sign(said, padding.PKCS1v15(), by)
    return json.dumps({**told, "Signature": base64.b64encode(sealed).decode()})


def ses_bounce(kind="Permanent", sub="General", source="", **given):
    one = {
        "emailAddress": "ada@example.org",
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
        **given,
    }
    return {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": sub,
            "feedbackId": "f-1",
            "bouncedRecipients": [one],
        },
        "mail": {"messageId": "s-1", "source": source, "headers": []},
    }


def ses_complaint(**given):
    return {
        "notificationType": "Complaint",
        "complaint": {
            "feedbackId": "c-1",
            "complainedRecipients": [{"emailAddress": "ada@example.org"}],
            **given,
        },
        "mail": {"messageId": "s-1"},
    }


@pytest.mark.parametrize("version", ["1", "2"])
async def test_amazon_tells_a_bounce(office, version):
    assert await office.post("ses", sns(ses_bounce(), version=version)) == 200
    assert await office.post("ses", sns(ses_bounce(), version=version)) == 200

    assert await office.standing() is Standing.BOUNCED
    assert await office.kinds() == ["hard"]
    assert office.amazon.asked == [CERTIFICATE]


async def test_amazon_tells_a_complaint_and_the_reader_is_gone(office):
    assert await office.post("ses", sns(ses_complaint(complaintFeedbackType="abuse"))) == 200

    assert await office.standing() is Standing.COMPLAINED
    assert await office.house.status(office.who) == "left"


@pytest.mark.parametrize(
    ("message", "kinds"),
    [
        (ses_bounce("Transient", "MailboxFull", status="4.2.2", diagnosticCode="full"), ["soft"]),
        (ses_bounce("Transient", "MessageTooLarge"), ["policy"]),
        (ses_bounce("Permanent", "General", status="5.7.1", diagnosticCode="spam"), ["policy"]),
        (ses_bounce("Undetermined", "Undetermined", status="", diagnosticCode=""), ["soft"]),
        (ses_bounce("Transient", "General", status="", diagnosticCode=""), []),
        (ses_complaint(complaintFeedbackType="not-spam"), []),
        (ses_complaint(complaintFeedbackType="auth-failure"), []),
        (ses_complaint(complaintFeedbackType="virus"), []),
        ({"eventType": "Delivery"}, []),
    ],
)
async def test_amazon_tells_less_and_nobody_is_removed(office, message, kinds):
    assert await office.post("ses", sns(message)) == 200

    assert (await office.standing(), await office.kinds()) == (Standing.OK, kinds)


async def test_one_mail_that_two_mouths_tell_of_is_one_report(office):
    (first, *_) = await office.house.letters()
    sender = verp.sender(RING, "b.example", Ref.of(Sort.LETTER, first.id, first.due_at))
    full = {"status": "5.2.2", "diagnosticCode": "full"}

    for number in ("f-1", "f-2"):
        told = ses_bounce("Transient", "MailboxFull", source=sender, **full)
        told["bounce"]["feedbackId"] = number
        assert await office.post("ses", sns(told)) == 200

    assert await office.kinds() == ["soft"]


async def test_a_report_keeps_what_amazon_told_of_its_reader_and_nothing_of_the_rest(office):
    told = ses_complaint()
    told["complaint"]["complainedRecipients"].insert(0, {"emailAddress": "eve@example.net"})
    told["mail"] = {"destination": ["grace@example.org"], "headers": [{"value": "bob@x.example"}]}

    assert await office.post("ses", sns(told)) == 200

    [(_, original)] = await office.reports()
    recipients = [{"emailAddress": "ada@example.org"}]
    assert json.loads(original) == {
        "complaint": {"feedbackId": "c-1", "complainedRecipients": recipients}
    }


async def test_a_trial_of_a_topic_is_heard_and_tells_nothing(office):
    for words in (
        "Successfully validated SNS topic for Amazon SES event publishing.",
        json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have"}),
        "",
    ):
        assert await office.post("ses", sns({}, Message=words)) == 200
    assert await office.post("ses", sns({}, Message='{"cut off')) == 400

    assert (await office.standing(), await office.kinds()) == (Standing.OK, [])


async def test_amazon_may_name_a_reader_as_the_mail_did(office):
    named = ses_bounce(emailAddress='"Ada, at work" <ada@example.org>')

    assert await office.post("ses", sns(named)) == 200
    assert await office.standing() is Standing.BOUNCED


async def test_what_is_delivered_raw_bears_no_signature_and_is_refused(office):
    raw = {"x_amz_sns_rawdelivery": "true", "x_amz_sns_topic_arn": TOPIC}

    assert await office.post("ses", json.dumps(ses_bounce()), **raw) == 403
    assert await office.standing() is Standing.OK


async def test_a_topic_is_confirmed_once_it_is_ours(office):
    asks = {"Type": "SubscriptionConfirmation", "SubscribeURL": CONFIRM, "Token": "t"}

    assert await office.post("ses", sns({}, **asks)) == 200
    assert await office.post("ses", sns({}, **asks, TopicArn=TOPIC + "x")) == 403
    assert (
        await office.post("ses", sns({}, **{**asks, "SubscribeURL": "https://evil.example/?x"}))
        == 403
    )

    assert office.amazon.asked == [CERTIFICATE, CONFIRM]


STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FORGED = {
    "by a key of somebody else": sns(ses_bounce(), key=STRANGER),
    "with another message": sns(ses_bounce()).replace("General", "NoEmail"),
    "from somebody else's topic": sns(ses_bounce(), TopicArn="arn:aws:sns:eu-west-1:9:x"),
    "with a certificate of one's own": sns(
        ses_bounce(), SigningCertURL="https://evil.example/x.pem"
    ),
    "with one that only looks like Amazon's": sns(
        ses_bounce(), SigningCertURL="https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"
    ),
    "with one in a stranger's bucket": sns(
        ses_bounce(), SigningCertURL=CERTIFICATE.replace("sns.eu-west-1", "sns.s3")
    ),
    "with one in a bucket of a region": sns(
        ses_bounce(), SigningCertURL=CERTIFICATE.replace("sns.eu-west-1", "sns.s3-eu-west-1")
    ),
    "with one without TLS": sns(ses_bounce(), SigningCertURL=CERTIFICATE.replace("https", "http")),
    "of a version that is unknown": sns(ses_bounce(), version="2").replace(
        '"SignatureVersion": "2"', '"SignatureVersion": "3"'
    ),
}


@pytest.mark.parametrize(
    "region", ["us-east-1", "ap-southeast-4", "us-gov-west-1", "us-isob-east-1", "mx-central-1"]
)
def test_amazon_is_known_in_all_of_its_regions(region):
    assert seals.is_certificate(CERTIFICATE.replace("eu-west-1", region))
    assert seals.is_confirmation(CONFIRM.replace("eu-west-1", region))


@pytest.mark.parametrize("how", FORGED)
async def test_what_amazon_did_not_sign_removes_nobody(office, how):
    assert await office.post("ses", FORGED[how]) == 403
    assert (await office.standing(), await office.kinds()) == (Standing.OK, [])


async def test_a_certificate_that_has_run_out_or_comes_from_elsewhere_proves_nothing(office):
    office.amazon.pem = certificate(life=timedelta(days=-1))
    assert await office.post("ses", sns(ses_bounce())) == 403
    office.amazon.pem, office.amazon.leads_to = certificate(), "https://evil.example/x.pem"
    assert await office.post("ses", sns(ses_bounce())) == 503

    assert await office.standing() is Standing.OK


async def test_amazon_is_asked_again_where_its_certificate_could_not_be_had(office):
    office.amazon.is_up = False
    assert await office.post("ses", sns(ses_bounce())) == 503
    office.amazon.is_up = True

    assert await office.post("ses", sns(ses_bounce())) == 200
    assert await office.standing() is Standing.BOUNCED


def password(word):
    return "Basic " + base64.b64encode(f"postmark:{word}".encode()).decode()


BOUNCE = {
    "RecordType": "Bounce",
    "ID": 4323372036,
    "Type": "HardBounce",
    "Email": "ada@example.org",
    "Details": "smtp;550 5.1.1 user unknown",
}


async def test_postmark_is_known_by_its_password_in_a_header_or_in_the_path(office):
    body = json.dumps(BOUNCE)

    assert await office.post("postmark", body) == 403
    assert await office.post("postmark", body, authorization=password("guess")) == 403
    assert await office.post("postmark/guess", body) == 403
    assert await office.standing() is Standing.OK
    assert await office.post("postmark", body, authorization=password(SEALS.postmark)) == 200
    assert await office.post(f"postmark/{SEALS.postmark}", body) == 200
    assert (await office.standing(), await office.kinds()) == (Standing.BOUNCED, ["hard"])


@pytest.mark.parametrize(
    ("told", "after", "status"),
    [
        ({**BOUNCE, "Type": "SoftBounce"}, Standing.OK, "active"),
        ({**BOUNCE, "Type": "Transient"}, Standing.OK, "active"),
        ({**BOUNCE, "Type": "Blocked"}, Standing.OK, "active"),
        (
            {**BOUNCE, "Details": "smtp;554 5.7.1 Client host blocked using zen.spamhaus.org"},
            Standing.OK,
            "active",
        ),
        ({**BOUNCE, "Type": "AutoResponder"}, Standing.OK, "active"),
        ({**BOUNCE, "Type": "SomethingNew"}, Standing.OK, "active"),
        (
            {"RecordType": "SpamComplaint", "ID": 1, "Email": "ada@example.org"},
            Standing.COMPLAINED,
            "left",
        ),
        (
            {
                "RecordType": "SubscriptionChange",
                "MessageID": "x",
                "Recipient": "ada@example.org",
                "SuppressSending": True,
                "SuppressionReason": "ManualSuppression",
            },
            Standing.OK,
            "left",
        ),
        ({"RecordType": "Delivery"}, Standing.OK, "active"),
    ],
)
async def test_postmarks_words_are_ours(office, told, after, status):
    given = password(SEALS.postmark)

    assert await office.post("postmark", json.dumps(told), authorization=given) == 200

    assert await office.standing() is after
    assert await office.house.status(office.who) == status


async def test_who_came_back_leaves_again_by_the_same_mail(office):
    given = password(SEALS.postmark)
    told = {
        "RecordType": "SubscriptionChange",
        "MessageID": "x",
        "Recipient": "ada@example.org",
        "ChangedAt": "2026-11-24T07:00:00Z",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
    }
    again = {**told, "ChangedAt": "2026-11-26T07:00:00Z"}
    after = []

    for body in (told, told, again):
        assert await office.post("postmark", json.dumps(body), authorization=given) == 200
        after.append(await office.house.status(office.who))
        if body is told:
            office.house.clock.forward(days=1)
            await office.house.member()

    assert after == ["left", "active", "left"]


def sendgrid(events, key=SENDGRID, timestamp="1795501860", body=None):
    told = json.dumps(events)
    sealed = key.sign(timestamp.encode() + (body or told).encode(), ec.ECDSA(SHA256()))
    return told, {
        "X_Twilio_Email_Event_Webhook_Signature": base64.b64encode(sealed).decode(),
        "X_Twilio_Email_Event_Webhook_Timestamp": timestamp,
    }


def event(kind, **given):
    return {"event": kind, "email": "ada@example.org", "sg_event_id": kind, **given}


@pytest.mark.parametrize(
    ("one", "after", "kinds"),
    [
        (
            event("bounce", type="bounce", status="5.1.1", reason="550 5.1.1 unknown"),
            "bounced",
            ["hard"],
        ),
        (event("bounce", type="blocked", status="5.0.0", reason="busy"), "ok", ["soft"]),
        (event("bounce", type="blocked", status="5.7.1", reason="listed"), "ok", ["policy"]),
        (event("dropped", reason="Bounced Address"), "bounced", ["hard"]),
        (event("dropped", reason="Invalid SMTPAPI header"), "ok", []),
        (event("deferred"), "ok", []),
        (event("spamreport"), "complained", ["complaint"]),
        (event("group_unsubscribe"), "ok", ["unsubscribe"]),
    ],
)
async def test_sendgrids_events_are_ours(office, one, after, kinds):
    body, signed = sendgrid([event("delivered"), one, "nonsense", None])

    assert await office.post("sendgrid", body, **signed) == 200

    assert (await office.standing(), await office.kinds()) == (after, kinds)


async def test_a_report_keeps_its_own_event_of_a_request_and_its_reader_sees_no_other(office):
    await office.house.member("grace@example.org")
    ours = event("bounce", type="bounce", status="5.2.2", reason="full for grace@example.org")
    body, signed = sendgrid(
        [
            *(event("delivered", email=f"r{n}@example.net", pad="x" * 300) for n in range(300)),
            event("spamreport", email="secret-stranger@example.net", ip="203.0.113.9"),
            event("bounce", status="5.1.1", reason="unknown", email="grace@example.org"),
            {**ours, "sg_event_id": "ours"},
        ]
    )

    assert await office.post("sendgrid", body, **signed) == 200

    kept = dict(await office.reports())
    assert json.loads(kept["ada@example.org"]) == {**ours, "sg_event_id": "ours"}
    assert b"grace@example.org" in kept["grace@example.org"]
    got = await office.house.get(link(Purpose.PREFERENCES, office.who) + "/data")
    [seen] = json.loads(got.text)["reports"]
    assert (seen["kind"], seen["code"], seen["text"]) == ("soft", "5.2.2", "full for …")
    for other in ("grace@", "secret-stranger", "203.0.113.9"):
        assert other not in got.text


async def test_what_sendgrid_tells_last_of_thousands_is_heard(office):
    events = [event("delivered", email=f"r{n}@example.net") for n in range(4000)]
    body, signed = sendgrid([*events, event("spamreport")])

    assert len(body) < MOST_BYTES
    assert await office.post("sendgrid", body, **signed) == 200
    assert await office.standing() is Standing.COMPLAINED


async def test_the_site_answers_while_a_large_request_is_read(office, monkeypatch):
    reading, loop = [], threading.get_ident()

    def read(ring, told):
        reading.append(threading.get_ident())
        return providers.sendgrid(ring, told)

    monkeypatch.setitem(providers.READERS, "sendgrid", read)
    body, signed = sendgrid([event("spamreport")])

    assert await office.post("sendgrid", body, **signed) == 200
    assert reading != [loop]
    assert await office.standing() is Standing.COMPLAINED


async def test_what_sendgrid_did_not_sign_removes_nobody(office):
    events = [event("spamreport")]
    other = ec.generate_private_key(ec.SECP256R1())

    for body, signed in (
        sendgrid(events, key=other),
        sendgrid(events, body="[]"),
        (json.dumps(events), {}),
        (json.dumps(events), {"X_Twilio_Email_Event_Webhook_Signature": "!!"}),
    ):
        assert await office.post("sendgrid", body, **signed) == 403

    assert await office.standing() is Standing.OK


def mailgun(kind, *, at=NOW, token="t" * 50, key=SEALS.mailgun, **given):
    stamp = str(int(at.timestamp()))
    sealed = hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
    data = {"event": kind, "id": "m-1", "recipient": "ada@example.org", **given}
    signature = {"timestamp": stamp, "token": token, "signature": sealed}
    return json.dumps({"signature": signature, "event-data": data})


def failed(severity="permanent", **status):
    return {"severity": severity, "delivery-status": {"message": "550 5.1.1 no", **status}}


@pytest.mark.parametrize(
    ("body", "after", "kinds"),
    [
        (mailgun("failed", **failed()), "bounced", ["hard"]),
        (mailgun("failed", **failed("temporary")), "ok", []),
        (mailgun("failed", **failed(message="552 5.2.2 full")), "ok", ["soft"]),
        (mailgun("failed", **failed(), reason="suppress-bounce"), "bounced", ["hard"]),
        (mailgun("failed", **failed(), reason="suppress-complaint"), "complained", ["complaint"]),
        (mailgun("failed", **failed(), reason="suppress-unsubscribe"), "ok", ["unsubscribe"]),
        (mailgun("complained"), "complained", ["complaint"]),
        (mailgun("unsubscribed"), "ok", ["unsubscribe"]),
        (mailgun("opened"), "ok", []),
    ],
)
async def test_mailguns_events_are_ours(office, body, after, kinds):
    assert await office.post("mailgun", body) == 200
    assert (await office.standing(), await office.kinds()) == (after, kinds)


async def test_a_signature_of_mailgun_is_good_for_one_body_and_for_some_hours(office):
    now = office.house.clock()
    assert await office.post("mailgun", mailgun("opened", at=now)) == 200
    assert await office.post("mailgun", mailgun("complained", at=now)) == 403  # another body
    assert await office.post("mailgun", mailgun("opened", at=now)) == 200  # told again

    old = mailgun("complained", at=now - timedelta(hours=10), token="u" * 50)
    ahead = mailgun("complained", at=now + timedelta(hours=1), token="v" * 50)
    stranger = mailgun("complained", at=now, token="w" * 50, key="another key")
    for body in (old, ahead, stranger, '{"event-data": {"event": "complained"}}', "{}"):
        assert await office.post("mailgun", body) == 403
    assert await office.standing() is Standing.OK


@pytest.mark.parametrize("name", ["timestamp", "token", "signature"])
async def test_half_a_character_in_a_signature_of_mailgun_proves_nothing(office, name):
    signature = {"timestamp": "1", "token": "t", "signature": "x", name: "\ud800"}

    body = json.dumps({"signature": signature, "event-data": {"event": "complained"}})

    assert await office.post("mailgun", body) == 403


HALF = {
    "Signature": "\ud800",
    "RecordType": "\ud800",
    "Type": "\ud800",
    "TopicArn": "\ud800",
    "SigningCertURL": "\ud800",
}


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(HALF),
        json.dumps({**HALF, "TopicArn": TOPIC}),
        json.dumps({**HALF, "TopicArn": TOPIC, "SigningCertURL": CERTIFICATE, "Message": "\ud800"}),
        sns(ses_bounce(), Signature="\ud800", SignatureVersion="\ud800"),
        json.dumps([HALF]),
    ],
)
@pytest.mark.parametrize("provider", ["ses", "postmark", "sendgrid", "mailgun", "generic"])
async def test_half_a_character_anywhere_else_is_refused_as_well(office, provider, body):
    odd = {
        "Authorization": "Basic é",
        "X-Digest-Signature": f"t=1,v1={'é' * 64}",
        "X-Twilio-Email-Event-Webhook-Signature": "é",
        "X-Twilio-Email-Event-Webhook-Timestamp": "é",
    }

    for headers in ({}, odd):
        got = await office.house.post(f"/hooks/{provider}", body, headers=headers)
        assert got.status == 403


async def test_half_a_character_in_what_is_proven_is_kept_as_it_can_be(office):
    half = {**BOUNCE, "Details": "smtp;550 5.1.1 \ud800 unknown", "\ud800": "\udfff"}

    given = password(SEALS.postmark)

    assert await office.post("postmark", json.dumps(half), authorization=given) == 200
    assert await office.standing() is Standing.BOUNCED


def test_tokens_are_forgotten_only_when_they_are_no_longer_good():
    tokens = Tokens(most=2)

    assert [tokens.take(name, b"1", NOW) for name in "abc"] == [True, True, False]
    assert tokens.take("a", b"2", NOW) is False
    assert tokens.take("c", b"1", NOW + timedelta(hours=10)) is True


def generic(*events, at=NOW, key=SEALS.generic):
    body = json.dumps({"events": list(events)})
    stamp = int(at.timestamp())
    sealed = hmac.new(key.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return body, {"X_Digest_Signature": f"t={stamp},v1={sealed}"}


async def test_anything_else_speaks_our_own_json(office):
    one = {"id": "1", "kind": "complaint", "recipient": "ada@example.org"}
    body, signed = generic(one, at=office.house.clock())

    assert await office.post("generic", body, **signed) == 200
    assert await office.post("generic", body, **signed) == 200

    assert (await office.standing(), await office.kinds()) == ("complained", ["complaint"])


async def test_a_replayed_or_altered_request_is_refused(office):
    one = {"id": "1", "kind": "complaint", "recipient": "ada@example.org"}
    body, signed = generic(one, at=office.house.clock())
    office.house.clock.forward(minutes=6)

    assert await office.post("generic", body, **signed) == 403
    body, signed = generic(one, at=office.house.clock())
    assert await office.post("generic", body.replace("ada", "eve"), **signed) == 403
    assert await office.post("generic", body) == 403
    assert await office.standing() is Standing.OK


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([], 'has no "events"'),
        ([{"id": "1", "kind": "maybe"}], 'Event 1 has no "kind"'),
        ([{"kind": "hard"}], 'Event 1 has no "id"'),
    ],
)
async def test_what_cannot_be_read_is_said_in_a_sentence(office, events, words):
    body, signed = generic(*events, at=office.house.clock())
    names = {name.replace("_", "-"): value for name, value in signed.items()}

    got = await office.house.post("/hooks/generic", body, headers=names)

    assert got.status == 400
    assert words in got.text


@pytest.mark.parametrize("body", ["", "[", "[" * 100_000, "null", "[]", '{"RecordType": {}}', "7"])
async def test_no_body_breaks_anything(office, body):
    given = password(SEALS.postmark)

    assert await office.post("postmark", body, authorization=given) in (200, 400)
    assert await office.post("ses", body) in (400, 403)
    assert await office.post("mailgun", body) in (400, 403)
    assert await office.kinds() == []


async def test_a_hook_may_be_larger_than_a_form_and_is_bounded_all_the_same(office):
    given = password(SEALS.postmark)
    large = json.dumps({**BOUNCE, "Content": "x" * 200_000})

    assert await office.post("postmark", large, authorization=given) == 200
    assert await office.post("postmark", b" " * (MOST_BYTES + 1), authorization=given) == 413
    assert (await office.house.post("/subscribe", {"email": "x" * 200_000})).status == 413


async def test_a_provider_that_is_not_set_up_is_not_there(tmp_path):
    async with house(tmp_path, heard=hooks(Amazon(), Seals())) as running:
        for provider in ("ses", "postmark", "sendgrid", "mailgun", "generic", "other"):
            assert (await running.post(f"/hooks/{provider}", "{}")).status == 404


async def test_a_site_without_hooks_has_none(site):
    assert (await site.post("/hooks/postmark", "{}")).status == 404
    assert (await site.get("/hooks/postmark")).status == 405


def test_the_secrets_are_not_shown():
    assert "password" not in repr(replace(SEALS))
