import pytest

from digest.curate import languages

TEXTS = {
    "en": "The mayor said that the bridge will be open to all who wish to cross it, and that "
    "there was no one in the town who had not asked for it.",
    "de": "Der Bürgermeister sagte, dass die Brücke wieder offen ist und dass es in der Stadt "
    "niemanden gibt, der nicht nach ihr gefragt hat.",
    "fr": "Le maire a dit que le pont est ouvert à tous ceux qui veulent le passer et que dans "
    "la ville il n’y a personne qui ne l’ait pas demandé.",
    "es": "El alcalde dijo que el puente está abierto para todos los que quieran pasar y que en "
    "el pueblo no hay nadie que no lo haya pedido.",
    "it": "Il sindaco ha detto che il ponte è aperto a tutti quelli che vogliono passare e che "
    "nella città non c’è nessuno che non lo abbia chiesto.",
    "pt": "O prefeito disse que a ponte está aberta para todos os que quiserem passar e que na "
    "cidade não há ninguém que não a tenha pedido.",
    "nl": "De burgemeester zei dat de brug weer open is voor wie er over wil en dat er in de "
    "stad niemand is die er niet om heeft gevraagd.",
    "ru": "Мэр сказал, что мост открыт для всех, кто хочет по нему пройти, и что в городе нет "
    "никого, кто бы о нем не просил уже не один год.",
    "da": "Borgmesteren siger, at broen er åben igen for alle, der vil over den, og at der ikke er "
    "nogen i byen, som ikke har bedt om det i flere år.",
    "nb": "Ordføreren sier at broen er åpen igjen for alle som vil over den, og at det ikke er noen "
    "i byen som ikke har bedt om det etter mange år.",
    "sv": "Borgmästaren säger att bron är öppen igen för alla som vill över den och att det inte "
    "finns någon i staden som inte har bett om det.",
    "pl": "Burmistrz powiedział, że most jest już otwarty dla wszystkich, którzy chcą po nim "
    "przejść, i że nie ma w mieście nikogo, kto by o to nie prosił.",
    "cs": "Starosta řekl, že most je opět otevřen pro všechny, kteří po něm chtějí přejít, a že ve "
    "městě není nikdo, kdo by o to nežádal.",
    "tr": "Belediye başkanı köprünün yeniden açık olduğunu ve bunu istemeyen bir kişi bile "
    "olmadığını söyledi; çok daha iyi bir yol için de para var gibi görünüyor.",
    "uk": "Міський голова сказав, що міст відкрито для всіх, хто хоче по ньому пройти, і що в "
    "місті немає нікого, хто б про це не просив уже не один рік.",
    "ar": "قال العمدة إن الجسر مفتوح لكل من يريد العبور وإن في المدينة لا أحد لم يطلب ذلك من قبل "
    "في كل هذه السنوات التي كان فيها مغلقا",
    "ja": "橋が開通し、小学生たちが最初に渡った。",
    "ko": "다리가 다시 열려 아이들이 먼저 건넜다.",
    "zh": "大桥今日重新开放，小学生最先走过。",
    "he": "הגשר נפתח מחדש והילדים עברו ראשונים.",
    "th": "สะพานเปิดอีกครั้งและเด็กนักเรียนเป็นคนแรกที่ข้าม",
    "el": "Η γέφυρα άνοιξε ξανά και πρώτα πέρασαν τα παιδιά.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_text_says_its_language(language):
    assert languages.language_of(TEXTS[language]) == language


def test_a_clear_text_goes_before_what_the_page_claims():
    assert languages.language_of(TEXTS["de"], "en-GB") == "de"


ROMANIAN = (
    "Primarul a spus că podul este din nou deschis pentru toți cei care vor să îl treacă și că în "
    "oraș nu este nimeni care să nu fi cerut acest lucru de ani de zile."
)


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        (ROMANIAN, "ro-RO", "ro"),
        (TEXTS["de"], "hu", "de"),
        (TEXTS["nb"][:40], "no", "nb"),
    ],
)
def test_a_language_that_is_only_known_by_name_is_believed(text, hint, language):
    assert languages.language_of(text, hint) == language


def test_of_a_text_too_short_to_tell_the_first_sound_hint_is_believed():
    assert languages.language_of("Goal!", None, "", "42", "fi-FI", "sv") == "fi"


def test_without_a_word_or_a_hint_it_is_english():
    assert languages.language_of("") == "en"
    assert languages.language_of("2026", None) == "en"


def test_a_hint_that_the_words_deny_is_not_believed():
    assert languages.language_of("Die Brücke ist offen und die Stadt ist froh.", "fr") == "de"


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("पुल खुल गया और लोग आए।", None, "hi"),
        ("पुल खुल्यो र मानिसहरू आए।", "ne", "ne"),
        ("पुल खुल गया और लोग आए।", "en", "hi"),
        ("সেতু খুলেছে এবং মানুষ এসেছে।", None, "bn"),
        ("တံတားသစ် ဖွင့်ပြီ။", None, "my"),
        ("Կամուրջը բաց է։", None, "hy"),
    ],
)
def test_a_script_of_one_language_tells_it(text, hint, language):
    assert languages.language_of(text, hint) == language
