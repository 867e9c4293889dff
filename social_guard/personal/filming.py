"""People filmed without their knowledge, and offers of such pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .spans import CUT, Allowed, Span, before

CAMERA = ("film", "record", "video", "photo", "footage", "pic", "camera", "clip", "snap")
_SOMEONE = (
    r"\b(?:nurses?|doctors?|dr|consultants?|surgeons?|midwi(?:fe|ves)|staff|receptionists?|porters?|patients?|sister|matron|carers?|"
    r"hcas?|security|cleaners?|guard|manager|dietitian|anaesthetist|physio|registrar|clerk|woman|man|lady|bloke|fella|chap|guy|girl|"
    r"lads?|boy|kid|folk|him|her|them|faces?|everyone|everything|names|consultation|ward round|waiting (?:room|area))\b"
)
_TAKE = (
    r"\b(?:filmed|filming|recorded|recording|videoed|videoing|photographed|snapped|"
    r"got (?:\w+ ){1,3}?on (?:camera|film|video|tape)|"
    r"(?:took|taken|got|have|'ve|made|sneaked) (?:\w+ ){0,4}?(?:videos?|vids?|film|clips?|footage|photos?|pics?|pictures?|recordings?|min))\b"
)
_SLY = (
    r"\b(?:in secret|secretly|covertly|sneakily|on the (?:sly|quiet|sneak)|behind (?:his|her|their) backs?|"
    r"while (?:s?he|they) (?:was|were) asleep|without (?:him|her|them|anyone|anybody) knowing|"
    r"(?:s?he|they)(?:'d| had| has| have|'s) no idea(?! (?:it was|how|what|who|why))|never (?:knew|noticed|saw me))\b"
)
_SECRET = (
    rf"(?:{_SLY}|\b(?:sneaky|hidden|never|without (?:him|her|them|asking|telling|permission|consent)|"
    r"through the (?:curtain|gap)|(?:did|does|do|was|were)n'?t ?(?:know|saw|see|notice|looking))\b)"
)
_OFFER = (
    r"\b(?:(?:dm|inbox|message|pm) (?:me|us|for it)|who wants|(?:if )?(?:any(?:one|body)|you|u|ye) wants? (?:it|one|the|a copy|to see)|"
    r"would any(?:one|body) like (?:it|one|them)|on my (?:snap|tiktok|story)|uploading|(?:will|gonna|going to|i'll) (?:post|share|upload)|shar(?:e|ing) it|forward (?:it|them)|"
    r"(?:put|post|stick|send)(?:t?ing)? (?:it|them)(?: all)? (?:up|on|in|out))\b"
)
_ANY = rf"[^\n{CUT}]"
_COVERT = re.compile(
    rf"\b(?:secretly|covertly) (?:filmed|recorded|videoed|photographed)\b(?: (?:the|my|a|two|some)?(?: [a-z]+){{0,2}}? ?{_SOMEONE})?"
    rf"|\b(?:sneaky|secret) (?:pic|photo|video|vid|snap|picture|clip|film|recording)s? of\b{_ANY}{{0,20}}?{_SOMEONE}"
    rf"|{_TAKE}{_ANY}{{0,60}}?{_SOMEONE}{_ANY}{{0,90}}?{_OFFER}"
    rf"|{_TAKE}{_ANY}{{0,60}}?{_SOMEONE}{_ANY}{{0,60}}?{_SECRET}"
    rf"|{_TAKE}{_ANY}{{0,40}}?{_SLY}"
    rf"|{_TAKE}{_ANY}{{0,80}}?\b(?:faces?|names) and (?:all|everything)\b"
    rf"|\bphone (?:was )?(?:hidden|recording) (?:in|under|behind)\b|\bhidden camera\b(?= (?:in|on|under|behind))"
)
_INNOCENT = re.compile(
    r"(?:\b(?:no|not|never|stop|please|can|could|may|would|is it|legal|wrong|someone|somebody|whoever|permission to|"
    r"they|nobody|bbc|ashamed)\b[^.!?]{0,25}$)|\b(?:was|were|be|being|has been|got|getting) (?:\w+ )?$"
)


def covert_filming(folded: str, allowed: Allowed) -> Iterator[Span]:
    """Sentences about filming others in secret, or sharing such pictures."""
    for match in _COVERT.finditer(folded) if any(word in folded for word in CAMERA) else ():
        if not _INNOCENT.search(before(folded, match.start(), 40)):
            yield Span(*match.span(), "covert_filming")
