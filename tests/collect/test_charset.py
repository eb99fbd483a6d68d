from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.charset import decode

NAIVE = "Das Café öffnet früh – „Grüße“ an alle, die naïve Gäste mögen. " * 4


@pytest.mark.parametrize("claimed", [None, "utf-8", "iso-8859-1", "windows-1251", "nonsense"])
def test_valid_utf_8_is_utf_8_whatever_it_claims(claimed):
    assert decode(NAIVE.encode(), claimed=claimed) == NAIVE


def test_latin_1_means_windows_1252_on_the_web():
    assert decode("Grüße – “so”".encode("cp1252"), claimed="iso-8859-1") == "Grüße – “so”"


def test_a_claim_that_does_not_fit_is_a_lie():
    text = "Новости порта: шлюз открыт снова, баржи пошли. " * 8
    body = b'<?xml version="1.0" encoding="windows-1251"?>' + text.encode("cp1251")

    assert decode(body, claimed="utf-8").endswith(text)


def test_without_a_claim_the_charset_is_guessed():
    text = "Новости порта: шлюз открыт снова, баржи пошли вверх по реке. " * 20

    assert decode(text.encode("cp1251")) == text


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_a_byte_order_mark_wins(mark, name):
    assert decode(mark + NAIVE.encode(name), claimed="iso-8859-1") == NAIVE


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cp1252", "Elle coûtera quatre millions d’euros après l’été. « C’est déjà trop tard. »"),
        ("cp1252", "El consejo votó un muro: costará cuatro millones y tardará años. ¿Por qué?"),
        ("cp1252", "O conselho votou não à construção, disse o prefeito à imprensa na região."),
        ("cp1252", "Das Café öffnet früh – „Grüße“ an alle Gäste der Straße."),
        ("cp1250", "Rada głosowała za budową mostu. Będzie kosztował cztery miliony złotych."),
        ("iso8859_2", "Zastupitelstvo města v pondělí schválilo stavbu nového mostu přes řeku."),
        ("cp1254", "Belediye meclisi köprünün yapımını onayladı. Şehir halkı çok mutlu."),
        (
            "cp1257",
            "Miesto taryba pritarė naujo tilto statybai, jis kainuos keturis milijonus eurų šįmet.",
        ),
    ],
)
def test_the_letters_of_a_language_tell_one_latin_charset_from_another(name, text):
    assert decode((text * 3).encode(name), claimed="utf-8") == text * 3


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_known_by_the_first_signs_of_xml(name):
    text = f'<?xml version="1.0" encoding="utf-16"?><t>{NAIVE}</t>'

    assert decode(text.encode(name)) == text


def test_a_meta_element_is_read():
    body = '<html><meta charset="shift_jis"><p>港のニュース'.encode("shift_jis")

    assert decode(body).endswith("港のニュース")


def test_japanese_mail_encoding_hides_in_ascii():
    assert decode("港のニュース".encode("iso-2022-jp"), claimed="iso-2022-jp") == "港のニュース"


def test_utf_8_with_a_scratch_stays_utf_8():
    body = (NAIVE * 10).encode()[:-3] + b"\xe2\x80"

    assert decode(body, claimed="utf-8").startswith(NAIVE)


@given(st.binary(max_size=400), st.sampled_from([None, "utf-8", "big5", "utf-16"]))
def test_any_bytes_become_some_text(body, claimed):
    assert isinstance(decode(body, claimed=claimed), str)


@pytest.mark.parametrize("claimed", [None, "utf-8", "iso-8859-1", "shift_jis"])
def test_one_cut_character_makes_no_other_encoding_of_utf_8(claimed):
    body = b'<?xml version="1.0"?>' + (NAIVE * 4).encode() + b"\xe2\x80"

    assert decode(body, claimed=claimed).endswith(NAIVE + "\ufffd")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Das Café öffnet früh, „Grüße“ – €5", "cp1252"),
        ("It’s late " + "and quiet " * 300, "cp1252"),
        ("港のニュース、水門が再び開く。閘門は十一週間閉じていた。" * 3, "shift_jis"),
        ("船闸再次开放，码头新闻。驳船在上午驶过。" * 3, "gb18030"),
        ("갑문이 다시 열렸다. 항구 소식." * 3, "euc_kr"),
        ("Шлюз снова открыт", "koi8_r"),
    ],
)
def test_another_encoding_is_believed_where_the_body_is_no_scratched_utf_8(text, name):
    assert decode(text.encode(name), claimed=name) == text


@pytest.mark.parametrize("claimed", ["undefined", "idna", "unicode_escape", "hex", "rot13"])
def test_a_codec_that_is_no_charset_is_no_claim(claimed):
    assert decode("Grüße \\ud83d".encode("cp1252"), claimed=claimed) == "Grüße \\ud83d"
