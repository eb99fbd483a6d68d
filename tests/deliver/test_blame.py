"""What the mail servers of the field answer, and whose fault each answer is, at every mouth."""

import pytest

from digest.deliver import blame, outbox, replies
from digest.deliver.blame import Fault
from digest.deliver.outbox import Consequence
from digest.deliver.outcome import Refused, Stage
from digest.deliver.verdict import Finding

READER, PASSING, MESSAGE, US = Fault.READER, Fault.PASSING, Fault.MESSAGE, Fault.US
UNCLEAR = Fault.UNCLEAR
SAID = {
    READER: """
        550 5.1.1 <ada@example.org>: Recipient address rejected: User unknown in local recipient table
        550 5.1.1 <ada@example.org>: Recipient address rejected: undeliverable address: host mx.example.org[192.0.2.25] said: 550 5.1.1 User unknown (in reply to RCPT TO command)
        550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address for typos or 550 5.1.1 unnecessary spaces. https://support.google.com/mail/?p=NoSuchUser f4-20020a
        550 5.1.1 RESOLVER.ADR.RecipNotFound; not found
        550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ada@example.org not found by SMTP address lookup
        550 5.4.1 Recipient address rejected: Access denied. [AS201806281] [DB5EUR01FT025.eop-EUR01.prod.protection.outlook.com]
        550 5.4.1 [ada@example.org]: Recipient address rejected: Access denied. For more information see https://aka.ms/EXOSmtpErrors
        550 5.4.310 DNS domain harbour.example does not exist [Message=InfoDomainNonexistent]
        550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [SN1NAM02FT0014.eop-nam02.prod.protection.outlook.com]
        550 5.5.0 Requested action not taken: mailbox unavailable
        550 5.5.1 No such user
        550 5.3.0 Rejected: no such user
        553 5.3.0 <ada@example.org>... User unknown
        554 delivery error: dd This user doesn't have a yahoo.com account (ada@yahoo.com) [0] - mta1234.mail.ne1.yahoo.com
        554 delivery error: dd Sorry your message to ada@yahoo.com cannot be delivered. This account has been disabled or discontinued [#102]. - mta1.mail.gq1.yahoo.com
        552 1 Requested mail action aborted, mailbox not found
        550 5.1.1 <ada@icloud.com>: user does not exist
        550 Requested action not taken: mailbox unavailable
        550-Requested action not taken: mailbox unavailable 550 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.10&c=hru
        550 Message was not accepted -- invalid mailbox.  Local mailbox ada@mail.ru is unavailable: user not found
        550 5.7.1 No such user!
        550 5.7.1 No such user! 1700000000-abcDEF123
        550 <ada@antispam.example.org>: No such user here
        550 No such user (ada@spam-policy.example.org)
        550 #5.1.0 Address rejected: no such recipient
        550 5.1.0 ada@example.org no such mailbox
        556 5.1.10 <ada@example.org>: Recipient address rejected: Domain example.org does not accept mail (nullMX)
        550 5.1.0 Domain example.org does not accept mail (nullMX)
        550 5.1.1 User Unknown
        550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550
        550 Unrouteable address
        550 Unknown user
        550 No Such User Here
        550 No such person at this address
        550 sorry, no mailbox here by that name (#5.1.1 - chkuser)
        550 User ada (ada@example.org) not listed in Domino Directory
        550 Addressee unknown
        550 Not our Customer
        550 5.1.1 Not our Customer
        550 unknown user account
        550 Requested action not taken: mailbox unavailable or not local
        550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000728
        550 User not found: ada@163.com
        550 Recipient not found. (#5.1.1)
        550 5.1.2 <ada@harbour.example>: Recipient address rejected: Domain not found
        550 5.4.4 <ada@harbour.example>: Host or domain name not found. Name service error for name=harbour.example type=MX: Host not found
        550 5.1.6 Recipient no longer on server: ada@example.org
        550 5.1.1 Mailbox does not exist.Please check the address
        550 #5.1.1 no
        550 [5.1.1] no
        550 5.1.1: no
        550 5.1.1 <ada@full.example.org>: user unknown
        550 5.1.1 <ada@icloud.com>: inactive email address
        550 5.1.1 User unknown, see our policy on spam
        554 Rcpt <ada@example.org> does not exist
        550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> 550 5.1.1 User unknown
        550 5.1.0 - Unknown address error 550-'5.1.1 no' (delivery attempts: 0)
    """,
    PASSING: """
        550 5.1.1 [SUSPEND] Mailbox currently suspended - Please contact correspondent directly
        550 5.1.1 <ada@example.org>: Recipient address rejected: mailbox is temporarily disabled
        554 5.1.1 mailbox exceeded the local limit
        550 5.1.1 Account blocked due to inactivity
        550 5.1.1 The user's space has been used up
        552 Mailbox size limit exceeded
        452 <ada@example.org> Mailbox size limit exceeded
        550 <ada@web.de> Benutzer hat zuviele Mails auf dem Server. / User has too many messages on the server.
        550 5.7.0 The recipient mailbox has exceeded its disk space limit.
        550 5.5.0 Le compte du destinataire est bloque. The recipient account isblocked. LPN007_426
        552 5.2.2 The email account that you tried to reach is over quota
        452 4.2.2 The email account that you tried to reach is over quota
        552 5.2.2 <ada@icloud.com>: user over quota; cannot receive new mail
        554 5.2.2 mailbox full;STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded
        552-Requested mail action aborted: exceeded storage allocation 552-Quota exceeded. The recipient's mailbox is full. 552 For explanation visit https://postmaster.gmx.net/
        552 Mailbox full
        550 mailbox unavailable: quota exceeded
        552 Requested mail action aborted: exceeded mailbox storage allocation
        550 5.2.1 The email account that you tried to reach is disabled
        550-5.2.1 The email account that you tried to reach is inactive. Learn more at 550 5.2.1 https://support.google.com/mail/?p=DisabledUser
        550 user is blocked
        450 4.2.1 The user you are trying to contact is receiving mail too quickly
        450 Requested mail action not taken: mailbox unavailable
        450 4.1.1 <ada@example.org>: Recipient address rejected: unverified address: user unknown
        451 4.4.1 connect to mx.example.org[192.0.2.25]:25: Connection timed out
        550 5.1.1 <ada@example.org>: Recipient address rejected: undeliverable address: host mx.example.org[192.0.2.25] said: 552 5.2.2 Over quota
        550 undeliverable address: host mx.example.org[192.0.2.25] said: 554 Transaction failed
        552 5.1.1 <ada@orange.fr> Boite du destinataire pleine. Recipient overquota. OFR_417 [417]
        550 5.1.1 The mailbox is full
        550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> 552 5.2.2 Mailbox full
        554 5.1.0 - Unknown address error 554-'Transaction failed' (delivery attempts: 0)
        550 5.1.0 - Unknown address error 550-'5.2.2 Mailbox full' (delivery attempts: 0)
        550 5.4.300 Message expired -> 421 4.4.2 Connection dropped
    """,
    UNCLEAR: """
        550 5.7.1 No mailbox found
        550 5.7.1 <ada@example.org>: Recipient address rejected: User unknown in relay recipient table
        550 sorry, no mailbox here by that name (#5.7.17)
        550 Mailbox unavailable or access denied [MTA]. http://service.mail.qq.com/cgi-bin/help
        550 5.4.316 Message expired, connection refused(Socket error code 10061)
        554 5.4.6 Hop count exceeded - possible mail loop
        554 5.4.6 Too many hops 26 (25 max)
        550 5.1.0 Address rejected
        550 5.3.2 STOREDRV.Deliver; mailbox server is not accepting messages
        550 no
        550 5.0.0 Transaction failed
        554 Transaction failed
        550 Access denied
        550 Account suspended
        554 5.3.0 queue file write error
        552 5.3.1 Insufficient system storage
        452 4.3.1 Insufficient system storage
        521 5.3.2 host does not accept mail
        550 unable to get mx info: failed to get IPs from PTR record: lookup <nil>: unrecognized address
    """,
    MESSAGE: """
        550 5.1.1 max message size exceeded
        550 5.1.1 <ada@example.org>: Recipient address rejected: Blocked by policy
        550 5.1.1 Message rejected as spam
        554 Host network not allowed - https://community.mimecast.com/docs/DOC-1369#554
        550 Connection frequency limited. http://service.mail.qq.com/cgi-bin/help?subtype=1
        550 Domain frequency limited.
        550 Suspected bounce attacks.
        550 Mail is rejected by recipients [IP: 192.0.2.10].
        550 RP:TRC 192.0.2.10
        550 This IP has sent too many messages this hour. IB504
        550 mwinf5c10 ME Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR006_103 192.0.2.10 [103]
        552 5.3.4 Message size exceeds fixed limit
        552 5.2.3 Message length exceeds administrative limit
        552 Message size exceeds maximum permitted
        554 5.6.0 Message contains invalid header
        550 5.6.7 No SMTPUTF8 on the way
        552 5.2.0 abcDEF Message rejected due to spam
        550 5.2.0 resimta-po-10v: message identified as SPAM
        550 5.2.1 Content rejected
        554 Message not allowed - [PH01] Email not accepted for policy reasons. Please visit https://postmaster.yahooinc.com/error-codes [120]
        550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=abc
        554 DT:SPM 163 smtp5,D9GowACn1,please see http://mail.163.com/help/help_spam_16.htm?ip=192.0.2.10
        554 5.3.0 Rejected: virus found
        550 Rejected by header based Anti-Spoofing policy: ada@example.org - https://community.mimecast.com/docs/DOC-1369#550
        550 Administrative prohibition - envelope blocked - https://community.mimecast.com/docs/DOC-1369#550
        554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554
        554-Transaction failed 554-Reject due to policy restrictions. 554 For explanation visit https://postmaster.gmx.net/
        550 permanent failure for one or more recipients (ada@example.org:blocked)
        554 rejected due to spam URL in content
        450 4.2.0 <ada@example.org>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.org.html
        451 4.3.2 Too many connections from your side
        550 5.5.0 Requested action not taken: mailbox unavailable (e.g., mailbox not found, no access, or command rejected for policy reasons)
        550 5.1.1 <ada@example.org>: Recipient address rejected: undeliverable address: host mx.example.org[192.0.2.25] said: 554 5.7.1 Service unavailable
        550 5.1.1 <ada@example.org>: Recipient address rejected: undeliverable address: host mx.example.org[192.0.2.25] said: 554 Client host [192.0.2.10] blocked using zen.spamhaus.org
        550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> 554 5.7.1 Rejected as spam
        554 5.1.0 - Unknown address error 554-'Client host [192.0.2.10] blocked using Spamhaus' (delivery attempts: 0)
        550 5.0.350 Remote server returned an error -> 550 Client host [192.0.2.10] blocked using zen.spamhaus.org
        550 undeliverable address: host mx.example.org[192.0.2.25] said: 550 #5.7.1 Your access to submit messages has been rejected
    """,
    US: """
        554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; The message can't be submitted because the sender's submission quota was exceeded.
        550 Authenticated sender quota exceeded
        550 Domain quayside.example has exceeded the max emails per hour (150/150 (100%)) allowed. Message discarded.
        550 You have reached your monthly email limit
        554 Access denied: User `arn:aws:iam::123456789012:user/digest' is not authorized to perform `ses:SendRawEmail' on resource `arn:aws:ses:eu-west-1:123456789012:identity/quayside.example'
        550 192.0.2.10 is not allowed to send mail from quayside.example
        550 5.7.1 Email quota exceeded
        550 5.1.0 <digest@quayside.example> sender rejected
        554 5.1.0 Sender Denied
        550 5.1.0 <digest@quayside.example>: Sender address rejected: User unknown in local recipient table
        553 5.1.8 <digest@quayside.example>... Domain of sender address digest@quayside.example does not exist
        550 5.1.7 Invalid address
        550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients
        550 5.1.1 Mail from 192.0.2.10 refused: listed at zen.spamhaus.org
        550 5.1.1 refused, see https://www.spamhaus.org/query/ip/192.0.2.10
        553 5.3.0 flpd575 DNSBL:RBL 521< 192.0.2.10 >_is_blocked.For assistance forward this error to abuse_rbl@abuse-att.net
        553 5.3.0 alph751 DNSBL:ATTRBL 521< 192.0.2.10 >_is_blocked.For assistance forward this error to abuse_rbl@abuse-att.net
        554 5.5.0 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org
        554 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.10
        554 Service unavailable; Client host [192.0.2.10] blocked using Barracuda Reputation; http://www.barracudanetworks.com/reputation/?r=1
        554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using bl.spamcop.net
        550 SC-001 (COL004-MC1F4) Unfortunately, messages from 192.0.2.10 weren't sent. Please contact your Internet service provider since part of their network is on our block list
        550 OU-001 (BAY0-MC2-F4) Unfortunately, messages from 192.0.2.10 weren't sent; IP/domain reputation problems
        550-5.7.26 This mail has been blocked because the sender is unauthenticated.
        550 5.7.1 Message rejected due to local policy [CS01]
        550 5.7.1 <digest@quayside.example>: no such user
        550-Requested action not taken: mailbox unavailable 550 invalid DNS MX or A/AAAA resource record
        554-No SMTP service 554-IP address is black listed. 554 For explanation visit https://postmaster.web.de/
        550-Callback setup failed while verifying <digest@quayside.example> 550 Sender verify failed
        550 SPF check failed
        550 relay not permitted
        554 Relaying denied
        554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: digest@quayside.example
        550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.
        550 Unauthenticated senders not allowed
        554 Sending suspended for this account
        550 5.4.5 Daily user sending quota exceeded. For more information on Gmail sending limits go to https://support.google.com/a/answer/166852
        550 5.4.1 Sender address rejected: Access denied
        550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.
        554 [5.7.1] Not for you
        550 no (#5.7.1)
        550 5.7.1: Not for you
        421 4.7.0 [TSS04] Messages from 192.0.2.10 temporarily deferred
        451 4.3.0 192.0.2.10 listed in dnsbl.example.net
    """,
}
EVERY = [(line.strip(), fault) for fault, said in SAID.items() for line in said.strip().split("\n")]
FOUND = {
    READER: Finding.HARD,
    PASSING: Finding.SOFT,
    UNCLEAR: Finding.SOFT,
    MESSAGE: Finding.POLICY,
    US: Finding.POLICY,
}
FOLLOWS = {
    READER: Consequence.BOUNCE,
    PASSING: Consequence.COUNT,
    UNCLEAR: Consequence.COUNT,
    MESSAGE: Consequence.NONE,
    US: Consequence.PAUSE_RELAY,
}


@pytest.mark.parametrize(("answer", "fault"), EVERY)
def test_a_report_of_it_meets_whose_fault_it_is(answer, fault):
    code = blame.code_in(answer.replace("#", " "))

    assert blame.failure(code, f"smtp; {answer}") is FOUND[fault]


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.END])
@pytest.mark.parametrize(("answer", "fault"), [one for one in EVERY if one[0].startswith("5")])
def test_it_is_the_same_while_we_send(answer, fault, stage):
    refused = replies.failure((int(answer[:3]), answer.encode()), stage)

    assert outbox.consequence(refused) is FOLLOWS[fault]
    assert outbox.may_mean_us(refused) is (fault in (US, UNCLEAR))


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.MAIL])
def test_before_the_reader_is_named_only_a_message_too_big_is_not_our_fault(stage):
    def of(*answer):
        return outbox.consequence(Refused(*answer, stage))

    assert of(550, "", "no such user") is Consequence.PAUSE_RELAY
    assert of(550, "5.1.1", "user unknown") is Consequence.PAUSE_RELAY
    assert of(552, "", "message size exceeds fixed limit") is Consequence.NONE


@pytest.mark.parametrize(
    "words", ["a@" * 200_000, "a." * 200_000, "user " * 100_000, "x" * 500_000]
)
def test_words_without_end_are_read_at_once(words):
    assert blame.failure("", words) is Finding.SOFT
