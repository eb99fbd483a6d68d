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
    r"jedoch|trotzdem|allerdings|hingegen|stattdessen|so",
    "fr": r"(?:ce|cet|cette|ces)(?! (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|matin|"
    r"soir|jour|week-end|semaine|mois|année|nuit|été|hiver|printemps|automne))|celui|celle|ceux|"
    r"celles|son|sa|ses|leurs?|pourtant|toutefois|cependant|en outre|de plus|ainsi|puis|ensuite|"
    r"donc|en revanche|par ailleurs",
    "es": r"(?:est[ae]|es[ae])s?(?! (?:lunes|martes|miércoles|jueves|viernes|sábado|domingo|mañana|"
    r"tarde|noche|semana|fin de semana|mes|año|verano|invierno|primavera|otoño))|él|ella|ellos|"
    r"ellas|estos|esos|esto|eso|pero|sin embargo|no obstante|además|también|por eso|así|entonces|"
    r"sus?|y|mientras tanto",
    "it": r"quest[aeio](?! (?:mattina|sera|notte|settimana|mese|anno|estate|inverno))|egli|ella|"
    r"lui|lei|loro|essi|ma|però|inoltre|tuttavia|invece|quell[aeio]|così|poi|perciò|quindi|anche|"
    r"su[ao]|suoi|sue|e",
    "pt": r"est[ae]s?(?! (?:segunda|terça|quarta|quinta|sexta|sábado|domingo|manhã|tarde|noite|"
    r"semana|mês|ano))|ele|ela|eles|elas|mas|porém|contudo|entretanto|além disso|ess[ae]s?|isso|"
    r"isto|seus?|suas?|então|assim|também|e",
    "nl": r"deze(?! (?:week|maand|zomer|winter))|dit(?! (?:jaar|weekend))|hij|zij|ze|hen|hem|haar|"
    r"hun|zijn|maar|en|die|dat|daarom|daarnaast|daarna|daarbij|daardoor|bovendien|echter|toch|dus|"
    r"ook|vervolgens",
    "ru": r"эт[аио]|этот|этой|этого|оно|он[аи]?|ему|ей|им|его|е[её]|их|и|а|однако|также|кроме того|"
    r"поэтому|затем|потом|при этом|тем не менее|там|тогда",
    "ar": r"و?(?:أضاف|قال|أوضح|أكد|أشار|تابع|ذكر|لفت|شدد)ت? (?:أن\w*|إن\w*|إلى|على)|و?لكن\w*|و?هو|"
    r"و?هي|و?هم|و?هذا|و?هذه|و?ذلك|و?كما",
}
# These part no words by spaces.
_BEGINNINGS = {
    "zh": r"他|她|它|但|然而|不过|此外|另外|因此|所以|而且|同时|这|那|该|其中|对此",
    "ja": r"彼|これ|それ|この|その|こう|そう|また|しかし|だが|ただ|一方|さらに|"
    r"同(?:社|氏|日|省|庁|市|県)",
}
_IN = {
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
