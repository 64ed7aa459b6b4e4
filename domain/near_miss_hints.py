"""The wordings of texts that may be opt-outs, in English, French and Spanish. Data for near_miss.

Each says which words it needs, so that hardly any is tried at most texts. They are tried on words
alone: small letters without accents, one space between them, and contractions as one word.
"""

import re
from dataclasses import dataclass
from typing import Final

_TEXTS = (
    r"(?:texts|text (?:messages?|alerts?|updates?|reminders?)|texting|txts|txting|sms|smses"
    r"|messages|messaging|msgs|msging)"
)
_NEWS = (
    rf"(?:{_TEXTS}|alerts|notifications|reminders|updates|promos|promotions|offers|ads|spam"
    r"|marketing|deals)"
)
_TEXT_WORDS = (
    "text texts texting txt txts txting sms smses message messages messaging msg msgs msging"
)
_NEWS_WORDS = (
    f"{_TEXT_WORDS} alerts notifications reminders updates promos promotions offers ads spam"
    " marketing deals"
)
_NOT_WORDS = "dont not doesnt no dnt nolonger"
_ME = r"(?:me|us|(?:my|this) (?:phone |cell |mobile )?number|my phone|here)"
_NOT = r"(?:dont|do not|doesnt|does not|no longer|dnt|not|nolonger)"
_PLEASE = (
    r"(?:please|pls|plz|plse|now|thanks|thank|thx|you|u|it|this|that|these|those|ok|okay|hey|hi"
    r"|hello|sir|maam|just|immediately|asap|already|all|and|the|everything|guys|kindly|right|away"
    r"|for|good|me|i|want|to|would|like|stop)"
)
_UNLESS = "".join(
    f"(?<!{before} )"
    for before in (
        "cant", "cannot", "wont", "dont", "didnt", "doesnt", "not", "never", "couldnt", "did you",
        "did they", "did it", "have you",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hint:
    """A wording, and the words of which a text must have one for it to be tried.

    Where these are ordinary words, it must have one of `also` as well.
    """

    needs: frozenset[str]
    also: frozenset[str]
    wording: re.Pattern[str]


def _hint(needs: str, wording: str, also: str = "") -> Hint:
    return Hint(
        needs=frozenset(needs.split()),
        also=frozenset((also or needs).split()),
        wording=re.compile(wording),
    )


HINTS: Final = (
    # A keyword, with nothing but courtesy around it.
    _hint(
        "stop stopall stops unsubscribe quit opt optout arret arretez parar pare alto baja",
        rf"^(?:{_PLEASE} )*(?:stop|stopall|stops|unsubscribe|quit|opt ?out|arret|arretez|"
        rf"parar|pare|alto|baja)(?: {_PLEASE})*$",
    ),
    _hint(
        "stop unsubscribe quit",
        r"^(?:stop|unsubscribe|quit) (?:sending|texting|messaging|contacting)(?: please|"
        r" pls)?$",
    ),
    # Stop texting me.
    _hint(
        "stop quit cease",
        rf"{_UNLESS}\b(?:stop|quit|cease) (?:(?:all|any|with|these|those|the|your|sending|of|"
        rf"this|me) ){{0,4}}(?:{_TEXTS}\b|(?:contacting|spamming|bothering|harassing|writing|"
        rf"sending) {_ME}\b(?! (?:the|my|a|an|to|your|wrong|with) ))",
    ),
    _hint(
        "stop",
        rf"{_UNLESS}\bstop (?:all )?(?:these |those |the |your )?(?:sending (?:me )?)?"
        rf"(?:{_NEWS})\b",
    ),
    # Do not text me.
    _hint(
        "text txt message msg contact sms bother spam",
        rf"\b(?:dont|do not|dnt|never ever) (?:ever )?(?:text|txt|message|msg|contact|sms|"
        rf"bother|spam) {_ME}\b(?! (?:back|by|on my|via|if|the|a|my|until|till|before|"
        rf"after)\b)",
        also="dont not dnt ever",
    ),
    _hint(
        "again",
        rf"\bnever (?:text|message|contact|write) {_ME} again\b",
        also="never",
    ),
    _hint(
        "contact text message disturb",
        r"^(?:please |pls )?(?:do not|dont) (?:contact|text|message|disturb)(?: please|"
        r" again| anymore| any more)?$",
        also="not dont",
    ),
    _hint(
        "send",
        rf"\b(?:dont|do not|never) send (?:me )?(?:(?:any|anymore|more|these|those|your|such|"
        rf"another) ){{0,3}}{_NEWS}\b",
        also="dont not never",
    ),
    # I no longer want your texts.
    _hint(
        "dont not no doesnt dnt nolonger",
        rf"\b{_NOT} (?:want|wish|need|like|wanna|care|consent|agree|interested in)(?: to)?"
        rf"(?: (?:receive|receiving|get|getting|be getting|be receiving|have|see))?(?: "
        rf"(?:any|anymore|more|these|those|your|the|such|all|of|this|from you))*? {_NEWS}\b"
        rf"(?! (?:wrong|back|until|till|before|after))",
        also=_NEWS_WORDS,
    ),
    _hint(
        "contacted texted messaged spammed bothered on",
        rf"\b{_NOT} (?:want|wish|like|consent) to be (?:contacted|texted|messaged|spammed|"
        rf"bothered|on (?:this|your|the))\b",
        also=_NOT_WORDS,
    ),
    _hint(
        "want wish like",
        rf"\b{_NOT} (?:want|wish|like) (?:you|u|yall|anyone|anybody)(?: guys)?(?: to)? "
        rf"(?:text|texting|message|messaging|contact|contacting|bother|bothering) {_ME}\b",
        also=_NOT_WORDS,
    ),
    _hint(
        "hear anything",
        rf"\b{_NOT} (?:want|wish) to (?:hear|get anything|receive anything) from you\b",
        also=_NOT_WORDS,
    ),
    _hint(
        "more",
        rf"(?<!get )(?<!got )(?<!have )(?<!had )(?<!received )(?<!see )(?<!are )(?<!were )"
        rf"(?<!was )\bno more (?:(?:of|these|those|your|marketing|promo|spam) ){{0,3}}"
        rf"(?:{_TEXTS}|spam|promos|ads)\b(?! (?:came|arrived|left))",
        also="no",
    ),
    # Take me off your list.
    _hint(
        "remove delete take get drop",
        rf"\b(?:remove|delete|take|get|drop) (?:me|us|my (?:phone |cell |mobile )?(?:number|"
        rf"info|details|contact|phone)|this (?:phone |cell |mobile )?(?:number|phone)|"
        rf"number) (?:off|from|out of|out) (?:(?:of|all|your|ur|the|this|these|that|any|"
        rf"contact|mailing|text|texting|sms|message|messaging|marketing|call|calling|phone|"
        rf"distribution|future) ){{0,5}}(?:list|lists|database|system|contacts|records|"
        rf"{_NEWS})\b",
        also="off from out",
    ),
    _hint(
        "remove take delete",
        r"^(?:(?:please|pls|plz|kindly|just|can you|could you|hi|hello) )*(?:remove|"
        r"take off|delete) (?:me|my number|this number|number)(?: (?:please|pls|now|"
        r"immediately|asap|thanks|thank you))*$",
    ),
    _hint(
        "take",
        r"^(?:please |pls |just )?take me off(?: please| now)?$",
    ),
    _hint(
        "lose delete forget",
        r"\b(?:lose|delete|forget) my (?:phone |cell )?number\b(?! from the order)",
    ),
    _hint(
        "leave",
        r"\bleave me alone\b",
    ),
    _hint(
        "list",
        r"\bdo not (?:call|text|contact) list\b",
        also="not",
    ),
    # Unsubscribe, opt out, and how they are misspelt.
    _hint(
        "unsubscribe unsub unsuscribe unsubcribe unsubscibe unsubscrib un unsubscribing",
        r"(?<!clicked )(?<!hit )(?<!pressed )\b(?:unsubscribe|unsub|unsuscribe|unsubcribe|"
        r"unsubscibe|unsubscrib|un subscribe|unsubscribing)\b(?! by (?:accident|mistake))",
    ),
    _hint(
        "unsubscribed",
        r"\b(?:want|like|need|be|get|get me|have me) unsubscribed\b",
    ),
    _hint(
        "opt opting optout",
        rf"\bopt(?:ing)? ?(?:me |us )?out\b(?! (?:of (?!(?:\w+ ){{0,3}}(?:{_NEWS}|this|it|"
        rf"these|everything|all|your list)\b)|form|option|page|link))",
    ),
    _hint(
        "opted",
        rf"\bopted out of (?:\w+ ){{0,3}}{_NEWS}\b",
    ),
    # I have said it already.
    _hint(
        "stop",
        r"\b(?:i|ive|i have) (?:already |just )?(?:said|replied|texted|sent|typed|wrote) "
        r"(?:the word |you |back |you back )?stop\b(?! (?:by|at|sign|in|near))",
    ),
    _hint(
        "stop",
        r"\b(?:asked|told|telling|begged|begging) (?:you|u|yall)(?: guys| people| all|"
        r" already| before| twice)* to stop\b(?! (?:by|at|in|my|the|charging|billing))",
    ),
    # Cancel these texts.
    _hint(
        "cancel end discontinue turn disable deactivate halt unsubscribe",
        r"\b(?:cancel|end|discontinue|turn off|disable|deactivate|halt|unsubscribe from) (?:"
        r"(?:all|any|my|me|these|those|this|the|your|from|future|receiving) ){0,4}(?:texts|"
        r"text messages?|text alerts?|text updates?|text reminders?|texting|sms|sms alerts?|"
        r"txts)\b",
        also=_TEXT_WORDS,
    ),
    _hint(
        "consent permission",
        r"\b(?:withdraw|withdrawing|revoke|revoking) (?:my |all |any )?(?:consent|"
        r"permission)\b",
    ),
    _hint(
        "consent permission",
        r"\byou (?:do not|dont) have (?:my )?(?:consent|permission) to (?:text|message|"
        r"contact)\b",
    ),
    # French.
    _hint(
        "arrete arretez cesse cessez arreter cesser",
        r"\b(?:arretez?|cessez?|arreter|cesser)(?: (?:de|d))? (?:m|me|nous|vos|ces|les|tous|"
        r"toutes|l) ?(?:envoyer|ecrire|texter|contacter|envoi|envois|ecrivez|harceler|"
        r"textos?|messages?|sms|pub|pubs|publicites)\b",
    ),
    _hint(
        "ne",
        r"\bne (?:m|me|nous) (?:contactez|textez|ecrivez|envoyez|contacte|texte|ecris|"
        r"envoie)(?: (?:de|des|vos|ces|aucun|textos?|messages?|sms))* plus\b",
        also="plus",
    ),
    _hint(
        "plus",
        r"\bplus de (?:messages|textos|sms|pub|pubs|publicites?) (?:svp|s il vous plait|"
        r"merci|de votre part)\b",
    ),
    _hint(
        "plus pas",
        r"\b(?:veux|souhaite|desire|voudrais) (?:plus|pas) (?:recevoir|etre contacte|"
        r"etre contactee|de messages|de textos|de sms)\b",
    ),
    _hint(
        "desabonner desabonne desabonnez desabonnement desinscrire desinscrivez desinscription",
        r"\b(?:desabonner?|desabonnez|desabonnement|desabonne|desinscrire|desinscrivez|"
        r"desinscription)\b",
    ),
    _hint(
        "retirez enlevez supprimez retirer enlever supprimer",
        r"\b(?:retirez|enlevez|supprimez|retirer|enlever|supprimer)(?: (?:moi|mon numero|"
        r"mon nom|me))? (?:de )(?:la|votre|vos|cette|ta) (?:liste|listes|base)\b",
    ),
    # Spanish.
    _hint(
        "deje deja dejen dejad pare para paren",
        r"\b(?:deje|deja|dejen|dejad|pare|para|paren) de (?:enviar|enviarme|mandar|mandarme|"
        r"escribir|escribirme|molestar|molestarme|contactarme|contactar|textear|textearme|"
        r"mensajear|mensajearme)\b",
    ),
    _hint(
        "mas",
        r"\bno (?:me|nos) (?:envie|envien|mande|manden|escriba|escriban|contacte|contacten|"
        r"moleste|molesten|texteen|textee)(?: \w+){0,3} mas\b",
        also="no",
    ),
    _hint(
        "mas",
        r"\bno (?:me|nos) (?:envie|envien|mande|manden) mas\b",
        also="no",
    ),
    _hint(
        "mas",
        r"\bno mas (?:mensajes|textos|sms|spam|publicidad)\b",
        also="no",
    ),
    _hint(
        "quiero deseo queremos",
        r"\bno (?:quiero|deseo|queremos) (?:recibir )?(?:mas )?(?:sus )?(?:mensajes|textos|"
        r"sms|publicidad)\b",
        also="no",
    ),
    _hint(
        "quiero deseo",
        r"\bno (?:quiero|deseo) que (?:me|nos) (?:escriban|contacten|manden|envien|"
        r"texteen)\b",
        also="no",
    ),
    _hint(
        "lista listas base contactos",
        r"\b(?:borreme|borrenme|quiteme|quitenme|saqueme|saquenme|elimineme|eliminenme|"
        r"borren mi numero|quiten mi numero|eliminen mi numero|borre mi numero|"
        r"elimine mi numero)(?: de (?:su|la|esta|sus))? (?:lista|listas|base|contactos)\b",
    ),
    _hint(
        "baja",
        r"\b(?:darme|denme|deme) de baja (?:de )?(?:la|su|esta|estos|sus|los) (?:lista|"
        r"mensajes|textos|sms)\b",
    ),
)
