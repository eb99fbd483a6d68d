"""Text to the terms that carry its meaning: folded, stemmed, without function words. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:[’'][^\W\d_]+)*", re.UNICODE)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e00-\u0e7f]+")

STOP = {
    "en": frozenset(
        "a about after again all also am an and any are as at be because been before being but by "
        "can could did do does for from had has have he her here hers him his how i if in into is "
        "it its just like may me more most my new no not now of off on one only or other our out "
        "over own said say says she should so some such than that the their them then there these "
        "they this those through to too under up very was we were what when where which while who "
        "why will with would you your mr mrs ms told according".split()
    ),
    "de": frozenset(
        "aber als am an auch auf aus bei bis das dass dem den der des die dies diese dieser doch "
        "du ein eine einem einen einer eines er es für hat haben hatte ich ihr ihre im in ist ja "
        "kann kein keine man mehr mit nach nicht noch nur ob oder sein seine sich sie sind so über "
        "um und uns unter vom von vor war waren was wenn werden wie wir wird wurde wurden zu zum "
        "zur".split()
    ),
    "fr": frozenset(
        "a ai au aux avec c ce ces cette d dans de des du elle elles en est et être eu il ils j je "
        "l la le les leur leurs lui m mais me même n ne nos notre nous on ont ou où par pas plus "
        "pour qu que qui s sa se ses si son sont sur t te tu un une vos votre vous y était".split()
    ),
    "es": frozenset(
        "a al algo como con contra de del desde donde dos el ella ellas ellos en entre era es esa "
        "ese eso esta este esto fue ha han hasta hay la las le les lo los más me mi muy ni no nos "
        "o para pero por que quien se ser si sin sobre son su sus también te tiene un una uno y "
        "ya yo".split()
    ),
    "it": frozenset(
        "a ad ai al alla alle anche che chi ci come con da dal dalla de degli dei del della delle "
        "di e è ed era essere fra gli ha hanno i il in io la le lei lo loro ma mi ne nei nel nella "
        "noi non o per più quella quello questa questo se si sono su sua sue sul sulla suo tra un "
        "una uno".split()
    ),
    "pt": frozenset(
        "a ao aos as até com como da das de do dos e ela elas ele eles em entre era essa esse esta "
        "este eu foi há isso já mais mas me mesmo na nas não no nos o os ou para pela pelo por "
        "qual quando que quem se sem ser seu sua são também tem um uma você".split()
    ),
    "nl": frozenset(
        "aan al als bij dan dat de der die dit door een en er had haar hebben heeft het hij hoe "
        "hun "
        "ik in is je kan maar me meer met mijn naar niet nog nu of om onder ons ook op over te tot "
        "uit van voor was wat we wel werd wie wij wordt ze zich zij zijn zo zou".split()
    ),
    "da": frozenset(
        "af alle at blev blive bliver da de dem den denne der deres det dette dig din dog du efter "
        "eller en end er et for fra få får har havde han hans hun hvad hvis hvor ikke ind jeg kan "
        "kun kunne man med meget men mod når nu og også om op os på sig siger skal som til ud "
        "under var ved vi vil være været".split()
    ),
    "nb": frozenset(
        "alle at av ble bli blir da de dem den denne der det dette du eller en enn er et etter for "
        "fra få får før ha hadde han hans har hun hva hvis hvor ikke inn jeg kan kun kunne man med "
        "men mer mot mye når nå og også om opp oss på seg sier skal som til under ut var ved vi "
        "vil være vært".split()
    ),
    "sv": frozenset(
        "alla att av blev bli blir de dem den denna det detta du där efter ej eller en ett från "
        "får för ha hade han hans har hon hur här i icke in inte jag kan kunde man med men mer mot "
        "mycket när nu och också om oss på säger sig sin ska som till under upp ut vad var vara "
        "varit vi vid vill än är över".split()
    ),
    "pl": frozenset(
        "a aby ale bez być był była było były bo by co czy dla do gdy gdzie go i ich im ja jak "
        "jako jego jej jest już jeszcze kiedy która które którego której który których którzy lub "
        "ma może można na nad nie nich o od oraz po pod przed przez przy są się tak także tego tej "
        "ten tę to tylko tym u w we więc z za ze że".split()
    ),
    "cs": frozenset(
        "a aby ale ani asi až bez bude byl byla bylo byly být co do ho i ještě již jak jako je "
        "jeho její jejich jen jsem jsou k kde kdy když která které který kteří ke mezi může na nad "
        "ne nebo není o od po pod podle pro protože proti před při s se si tak také tento to toho "
        "tom u už v ve však z za ze že".split()
    ),
    "tr": frozenset(
        "ama ancak bir biri bu bunu çok da daha de değil diye gibi göre hem her için ile ise kadar "
        "ki mı mi mu mü ne nasıl o olan olarak oldu olduğu olduğunu olmak sonra şu üzere var ve "
        "veya ya yok".split()
    ),
    "uk": frozenset(
        "а або але без би був була були було в від він вона вони все для до його її й є за з зі "
        "і із її коли ми на над не ні ніж по про при під після та так також те ти то той того "
        "у це цей ця цього чи ще що щоб як яка який які якої вже".split()
    ),
    "ru": frozenset(
        "а без более бы был была были было быть в вам вас во вот все всё вы где да для до его ее "
        "её если есть еще ещё же за и из или им их к как ко когда кто ли мы на над не него "
        "нее нет ни "
        "но о об он она они оно от по под при с со так также то того тоже только у уже что чтобы "
        "эта эти это этого этот я".split()
    ),
    "ar": frozenset(
        "في من على إلى عن أن إن ان لا ما هذا هذه ذلك التي الذي مع كان كانت كما قد لم لن هو هي هم و "
        "أو ثم بعد قبل بين كل أي حتى إذا وقال قال".split()
    ),
}

# Words of any news: in a pool of a few articles nothing else tells that they distinguish none.
_COMMON = (
    "one two three four five six seven eight nine ten dozen twenty thirty forty fifty hundred "
    "thousand million billion half third quarter first second last next once twice percent "
    "time day week month year decade hour minute moment today yesterday tomorrow tonight morning "
    "afternoon evening night weekend monday tuesday wednesday thursday friday saturday sunday "
    "january february march april june july august september october november december spring "
    "summer autumn winter ago since until early earlier late later soon past recent recently "
    "already still yet ever never always often sometimes usually again back away around across "
    "along among against between behind beside within without near far here outside inside down "
    "make made take took taken come came go goes went gone get got give gave given know knew known "
    "think thought see saw seen look want need use find found tell ask work seem feel felt try "
    "leave left call keep kept let begin began begun start help show shown hear heard run ran move "
    "live believe hold held bring brought happen write wrote written sit sat stand stood lose lost "
    "pay paid meet met include continue set change lead led follow stop speak spoke spoken read "
    "allow add spend spent grow open close walk offer remember consider appear wait send sent "
    "expect build built stay fall fell fallen cut reach remain raise pass plan put turn become "
    "became hope carry end finish return announce report describe "
    "good great big small large little old young high low long short early important different bad "
    "best better worse same able many much few several every each both another less least enough "
    "very well even really quite rather almost nearly about perhaps maybe however though although "
    "because whether either neither nor else instead together alone right sure true clear full "
    "people person man men woman women child children boy girl world life hand part place case "
    "point number group problem fact way thing something anything nothing everything someone "
    "anyone everyone nobody home house room area side kind head name line member family "
    "friend top bottom front word question answer reason result example idea list letter story "
    "news statement spokesman spokeswoman official interview"
)


def tokens(text: str, language: str = "en") -> list[str]:
    """Terms in order of appearance; characters of unspaced scripts in overlapping pairs."""
    stop = STOP.get(language, STOP["en"])
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = match[0]
        if _CJK.search(word):
            found.extend(word[i : i + 2] for i in range(max(1, len(word) - 1)))
            continue
        term = fold(word)
        if term not in stop and (len(term) > 1 or term.isdigit()):
            found.append(stem(term, language))
    return found


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """Case, possessives and (for Latin letters) accents taken away."""
    word = unicodedata.normalize("NFKC", word).casefold().replace("’", "'")
    word = word.removesuffix("'s").removesuffix("'")
    if "'" in word:  # l'eau, d'une: the article is no part of the word
        head, _, tail = word.partition("'")
        word = tail if len(head) <= 2 else head
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFD", word)
    if apart[:1].isascii():
        apart = "".join(c for c in apart if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", apart)


@lru_cache(maxsize=65_536)
def stem(term: str, language: str = "en") -> str:
    """A light stem, so that one word in two forms counts as one; wrong is worse than none."""
    if language == "en":
        return _english(term)
    for ending in _ENDINGS.get(language, ()):
        if term.endswith(ending) and len(term) - len(ending) >= 4:
            return term[: -len(ending)]
    return term


_ENDINGS = {
    "de": ("ungen", "ung", "en", "er", "es", "em", "e", "n", "s"),
    "fr": ("ements", "ement", "es", "s", "e"),
    "es": ("aciones", "ación", "es", "os", "as", "o", "a", "e", "s"),
    "it": ("azioni", "azione", "i", "e", "o", "a"),
    "pt": ("ações", "ação", "es", "os", "as", "o", "a", "e", "s"),
    "nl": ("en", "er", "e", "s"),
    "ru": ("иями", "ами", "ями", "ого", "его", "ому", "ему", "ыми", "ими", "ах", "ях", "ов", "ев",
           "ий", "ый", "ой", "ая", "ое", "ые", "ие", "ию", "ом", "ем", "ей", "ам", "ям", "ы", "и",
           "а", "я", "у", "ю", "е", "о", "ь"),
}  # fmt: skip


def _english(term: str) -> str:
    if len(term) < 4 or term.isdigit():
        return term
    if term.endswith("ies") and len(term) > 4:
        term = f"{term[:-3]}y"
    elif term.endswith(("sses", "xes", "ches", "shes", "zes")):
        term = term[:-2]
    elif term.endswith("s") and not term.endswith(("ss", "us", "is")):
        term = term[:-1]
    for ending in ("ing", "ed"):
        if term.endswith(ending) and len(term) - len(ending) >= 4:
            term = term[: -len(ending)]
            if term[-1] == term[-2] and term[-1] not in "lsz":
                term = term[:-1]
            break
    return term.removesuffix("e") if len(term) > 4 else term


# As ``tokens`` gives them. Other languages: their function words alone.
COMMON = {"en": frozenset(_english(word) for word in _COMMON.split())}
