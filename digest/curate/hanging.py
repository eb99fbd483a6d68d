"""A sentence to whether it hangs on the one before it: by its first word. Pure.

A pronoun, or a word that ties ("However", "Deshalb"), says nothing without what stands before it.
"""

from __future__ import annotations

import re

_OPENING = r"[\"“„‘«»「『]?\s?"
# In any language: what the text is held to be written in may be wrong.
_ANY = re.compile(
    r"^[\"“‘«]?(?:he|she|it|they|this|that|these|those|but|and|so|however|also|his|her|their|its|"
    r"er|sie|es|aber|doch|und|il|elle|ils|elles|mais|et|cela|он|она|они|но|это)\b",
    re.IGNORECASE,
)
# Those of one language alone. "Esta semana" and "ce lundi" name a day and hang on nothing.
_WORDS = {
    "de": r"dies|diese[mnrs]?|ih[mn]|ihnen|ihre?[mnrs]?|seine?[mnrs]?|dann|denn|dennoch|deshalb|"
    r"da(?:bei|durch|für|gegen|her|mit|nach|ran|rauf|rum|von|zu)|deswegen|dort|außerdem|zudem|"
    r"jedoch|trotzdem|allerdings|hingegen|stattdessen|so|daraufhin|damals|beides|demnach|"
    r"hier(?:zu|bei|für|mit|durch)|anschließend|somit|solche[mnrs]?",
    "fr": r"(?:ce|cet|cette|ces)(?! (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|matin|"
    r"soir|jour|week-end|semaine|mois|année|nuit|été|hiver|printemps|automne))|celui|celle|ceux|"
    r"celles|son|sa|ses|leurs?|pourtant|toutefois|cependant|en outre|de plus|ainsi|puis|ensuite|"
    r"donc|en revanche|par ailleurs|(?:selon|d['’]après|pour) (?:lui|elle|eux|elles)|en effet|"
    r"c['’](?:est|était)|ceci",
    "es": r"(?:est[ae]|es[ae])s?(?! (?:lunes|martes|miércoles|jueves|viernes|sábado|domingo|"
    r"mañana|tarde|noche|semana|fin de semana|mes|año|verano|invierno|primavera|otoño))|él|ella|"
    r"ellos|ellas|estos|esos|esto|eso|pero|sin embargo|no obstante|además|también|por eso|así|"
    r"entonces|sus?|y|mientras tanto|asimismo|de hecho|a su juicio|por su parte|por otr[ao] "
    r"(?:parte|lado)|al respecto|según (?:él|ella|ellos|ellas)|todo ello|(?:(?:ha|han) )?(?:añad|"
    r"agreg|dij|explic|señal|indic|asegur|afirm|subray|record|insist|detall|apunt|sostuv|declar|"
    r"reconoc|manifest)\w{1,5},? que",
    "it": r"quest[aeio](?! (?:mattina|sera|notte|settimana|mese|anno|estate|inverno))|egli|ella|"
    r"lui|lei|loro|essi|ma|però|inoltre|tuttavia|invece|quell[aeio]|così|poi|perciò|quindi|anche|"
    r"su[ao]|suoi|sue|e|ciò|a suo avviso|secondo (?:lui|lei|loro)|infatti|intanto|(?:lo|l['’]) "
    r"?(?:ha|hanno|dice|riporta|riferisce|rende|scrive|afferma)|(?:ha|hanno) (?:poi )?(?:aggiunto|"
    r"detto|spiegato|dichiarato|affermato|sottolineato|precisato|concluso|ricordato)",
    "pt": r"est[ae]s?(?! (?:segunda|terça|quarta|quinta|sexta|sábado|domingo|manhã|tarde|noite|"
    r"semana|mês|ano))|ele|ela|eles|elas|mas|porém|contudo|entretanto|além disso|ess[ae]s?|isso|"
    r"isto|seus?|suas?|então|assim|também|e|no entanto|por isso|por sua vez|segundo (?:ele|ela|"
    r"eles|elas)|(?:disse|afirmou|acrescentou|explicou|destacou|ressaltou|completou|declarou|"
    r"informou),? (?:que|ainda)",
    "nl": r"deze(?! (?:week|maand|zomer|winter))|dit(?! (?:jaar|weekend))|hij|zij|ze|hen|hem|haar|"
    r"hun|zijn|maar|en|die|dat|daarom|daarnaast|daarna|daarbij|daardoor|bovendien|echter|toch|dus|"
    r"ook|vervolgens|volgens (?:hem|haar|hen)|hierdoor|hiermee|daar(?:mee|voor|over)?|desondanks",
    "pl": r"on[aio]?|oni|one|jego|jej|ich|im|mu|te[nj]?(?! (?:tydzień|rok|miesiąc|weekend))|"
    r"t[aoą]|tego|tych|tym|taki\w{0,3}|tak[ao]|jednak|ale|natomiast|z kolei|ponadto|poza tym|"
    r"dlatego|wtedy|potem|następnie|również|i|a|lecz|(?:dodał|podkreślił|zaznaczył|stwierdził|"
    r"wyjaśnił|powiedział|ocenił|przyznał|zapewnił)[ao]?,? że",
    "ru": r"эт[аио]|этот|этой|этого|оно|он[аи]?|ему|ей|им|его|е[её]|их|и|а|однако|также|кроме "
    r"того|поэтому|затем|потом|при этом|тем не менее|там|тогда|(?:по|с) (?:его|е[её]|их) \w+|"
    r"впрочем|между тем|в частности|то есть|таким образом|прич[её]м|(?:добавил|отметил|подчеркнул|"
    r"пояснил|уточнил|заявил|сказал)[аи]?,? что",
    "ar": r"و?(?:أضاف|قال|أوضح|أكد|أشار|تابع|ذكر|لفت|شدد)ت? (?:أن\w*|إن\w*|إلى|على)|و?لكن\w*|و?هو|"
    r"و?هي|و?هم|و?هذا|و?هذه|و?ذلك|و?كما",
}
# These part no words by spaces.
_BEGINNINGS = {
    "zh": r"他|她|它|但|然而|不过|此外|另外|因此|所以|而且|同时|这|那|该|其中|对此",
    "ja": r"彼|これ|それ|この|その|こう|そう|また|しかし|だが|ただ|一方|さらに|"
    r"同(?:社|氏|日|省|庁|市|県)",
}
_ENGLISH = re.compile(
    r"^[\"“‘«]?(?:moreover|furthermore|therefore|thus|instead|nevertheless|nonetheless|otherwise|"
    r"additionally|as a result|in turn|then|yet|or|such|if (?:so|not|the answer)|well,|"
    r"which(?=[^?]*$)|"
    r"according to (?:him|her|them)|"
    # "In 2007, she won": who she is was said before, unless a name stands in between.
    r"(?:in|on|at|by|after|before|since|during|for|last|when|while|earlier|later|today|yesterday) "
    r"(?-i:(?:[^,A-Z]|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Jan|Febr)uary|March|April|May|"
    r"June|July|August|(?:Septem|Octo|Novem|Decem)ber){1,50}), (?:he|she|they))\b",
    re.IGNORECASE,
)
_IN = {
    "en": _ENGLISH,
    **{
        name: re.compile(rf"^{_OPENING}(?:{said})\b", re.IGNORECASE)
        for name, said in _WORDS.items()
    },
    **{name: re.compile(rf"^{_OPENING}(?:{said})") for name, said in _BEGINNINGS.items()},
}


def hangs(sentence: str, language: str) -> bool:
    """Whether ``sentence`` opens with a pronoun or a word that ties it to what was said before."""
    own = _IN.get(language)
    return bool(_ANY.match(sentence) or (own and own.match(sentence)))
