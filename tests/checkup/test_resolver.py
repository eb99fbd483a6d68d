from digest.checkup.resolver import Resolver
from tests.checkup.names_server import SERVFAIL, serving

LONG = f'"v=DKIM1; p={"A" * 200}" "{"B" * 90}"'


async def test_a_resolver_tells_records_none_and_no_answer_apart():
    zone = {
        ("quay.example", "TXT"): ['"v=spf1 -all"', '"other"'],
        ("s1._domainkey.quay.example", "TXT"): [LONG],
        ("quay.example", "MX"): ["10 Mail.quay.example."],
        ("mail.quay.example", "A"): ["192.0.2.1"],
        ("1.2.0.192.in-addr.arpa", "PTR"): ["mail.quay.example."],
        ("broken.example", "TXT"): SERVFAIL,
    }
    async with serving(zone) as port:
        ask = Resolver(["127.0.0.1"], port=port, patience=2)

        assert sorted(await ask("quay.example", "TXT")) == ["other", "v=spf1 -all"]
        [key] = await ask("s1._domainkey.quay.example", "TXT")
        assert key == f"v=DKIM1; p={'A' * 200}{'B' * 90}"
        assert await ask("quay.example", "MX") == ("mail.quay.example",)
        assert await ask("mail.quay.example", "A") == ("192.0.2.1",)
        assert await ask("192.0.2.1", "PTR") == ("mail.quay.example",)
        assert await ask("mail.quay.example", "AAAA") == ()
        assert await ask("nobody.example", "TXT") == ()
        assert await ask("broken.example", "TXT") is None
        assert await ask("a" * 300 + ".example", "TXT") is None


async def test_a_name_server_that_is_not_there_is_no_answer():
    async with serving({}) as port:
        pass

    assert await Resolver(["127.0.0.1"], port=port, patience=0.2)("quay.example", "TXT") is None
