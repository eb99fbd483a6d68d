import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.curate import sentences


def said(text, language="en"):
    return [text[span.start : span.end] for span in sentences.split(text, language)]


@pytest.mark.parametrize(
    ("parts", "language"),
    [
        (["The bridge is open.", "It cost little!", "Who paid?"], "en"),
        (["Mr. Pell spoke to Dr. J. K. Moss of the U.S. Navy.", "He left."], "en"),
        (["It opens at 7 a.m. on Monday.", "The bus goes at 8 p.m.", "It is free."], "en"),
        (["She works for Moss Inc.", "The firm is old."], "en"),
        (["It rose by 2.5 per cent to 3.40 pounds.", "See a.example/x.html for more."], "en"),
        (["The flag of the U.S.A. was there.", "It was wet."], "en"),
        (["She moved to the U.S.A.", "The flag was wet."], "en"),
        (["Room No. 9 is shut.", "They said no.", "Then they left."], "en"),
        (["“Stop!” he said.", "She did not."], "en"),
        (["“We have talked long enough.”", "Then she sat down."], "en"),
        (["Well… maybe.", "He waited…", "Nothing came."], "en"),
        (["What?!", "Nobody knew."], "en"),
        (["So said I.", "Then I left."], "en"),
        (["Am 3. Mai war es so weit.", "Das dauerte z. B. elf Wochen bzw. länger."], "de"),
        (["Sens. Cruz and Reps. Lee met Det. Insp. Brown and Cllr. White.", "He left."], "en"),
        (["Messrs. Lee and Roe met Pfc. Jo Dunn and Brig. Gen. Tom Moss.", "He left."], "en"),
        (["She has a Ph.D. from Leeds.", "He has a Ph.D.", "The lake is shut."], "en"),
        (["Mgr. Aubry a dit la messe.", "Il pleuvait."], "fr"),
        (["社長は「問題はない。」と話した。", "次の会議は五日に開かれる。"], "ja"),
        (["「橋は開いている。」", "市長はそう答えた。"], "ja"),
        (["She had no mind.", "300 people came."], "en"),
        (["Es sind mind. 300 nach § 2 Abs. 1 für den sog. Staat.", "Er ging."], "de"),
        (["Møtet starter kl. 18.30 i dag.", "Det er gratis."], "no"),
        (["Kosztuje ok. 300 mln zł.", "Radni klubu im. Ady są przeciw."], "pl"),
        (["Dijo que EE. UU. Enviará ayuda.", "Se fue."], "es"),
        (["Vive en EE. UU.", "El presidente no."], "es"),
        (["L'on. Rossi e l'avv. Bianchi ridono.", "Poi vanno."], "it"),
        (["Cf. l'art. 5 du code, dit M. Roux, bd. Voltaire.", "Il pleut."], "fr"),
        (["La ministra Dª. Ana y Mª. José votan.", "Llegó el 3º.", "Fin."], "es"),
        (["Die Fa. Müller zahlt.", "Die Gebr. Koch nicht."], "de"),
        (["O Pe. Antônio nasceu no séc. XX.", "Fim."], "pt"),
        (["Prof. dr hab. Jan Kowalski i ks. Nowak idą na ul. św. Jana.", "Pada."], "pl"),
        (["W 1990 r. Polska była inna.", "Tak było do 2004 r.", "W Unii jest lepiej."], "pl"),
        (["Храм св. Николая на ст. Тайга закрыт.", "Идет снег."], "ru"),
        (["Le départ est à 7 h.", "M. Madec était là."], "fr"),
        (["Мост открыт с 5 марта 2026 г. в Заречье.", "Длина моста 40 м."], "ru"),
        (["橋が開通した。", "「声が戻った。」", "町長は笑った！"], "ja"),
        (["मेला शुरू हुआ।", "लोग आए।"], "hi"),
        (["هل الجسر مفتوح؟", "نعم."], "ar"),
        (["တံတားသစ် ဖွင့်ပြီ။", "လူများ လာကြသည်။"], "my"),
        (["ស្ពានថ្មីបើកហើយ។", "មានឡាន កង់ ។ល។ នៅលើស្ពាន។"], "km"),
        (["Կամուրջը բաց է։", "Մարդիկ եկան։"], "hy"),
        (["ድልድዩ ተከፈተ።", "ሰዎች መጡ።"], "am"),
    ],
)
def test_a_stop_ends_a_sentence_only_where_one_ends(parts, language):
    gap = "" if language == "ja" else " "

    assert said(gap.join(parts), language) == parts


@pytest.mark.parametrize("text", ["Smith, G. A. " * 20_000, "." * 200_000 + "a", "a." * 90_000])
def test_a_list_of_names_or_a_line_of_dots_is_split_as_fast_as_prose(text):
    began = time.process_time()

    sentences.split(text)

    assert time.process_time() - began < 5


def test_no_sentence_crosses_a_blank_line():
    assert said("A heading without a stop\n\nThe bridge is open.") == [
        "A heading without a stop",
        "The bridge is open.",
    ]


def test_a_text_without_words_has_no_sentence():
    assert said(" \n\n \t ") == []


@pytest.mark.parametrize(
    "sentence", ["It is open.", "Is it?", "“It is.”", "開通した。", "مفتوح؟", "ဖွင့်ပြီ။"]
)
def test_a_whole_sentence_is_complete(sentence):
    assert sentences.is_complete(sentence)


@pytest.mark.parametrize("sentence", ["What it will cost", "and so on,", "The bridge is", "Cost:"])
def test_a_heading_or_a_cut_is_not_complete(sentence):
    assert not sentences.is_complete(sentence)


def test_a_paragraph_in_a_script_without_stops_is_complete_and_a_heading_is_not():
    heading = "เปิดสะพานใหม่ที่ท่าเรือ"

    assert sentences.is_complete(
        f"{heading} หลังจากก่อสร้างมาสามปีและใช้งบประมาณสี่ล้านบาท ประชาชนมาร่วมงานจำนวนมาก"
    )
    assert not sentences.is_complete(heading)


@given(st.text(alphabet=st.sampled_from('aB1.!?…。"”“) \n\té')))
def test_spans_are_in_order_apart_and_hold_every_letter(text):
    spans = sentences.split(text)

    places = [place for span in spans for place in (span.start, span.end)]
    assert places == sorted(places)
    held = "".join(text[span.start : span.end] for span in spans)
    assert "".join(held.split()) == "".join(text.split())
    assert all(part == part.strip() != "" for part in said(text))
