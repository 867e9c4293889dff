"""Addresses of homes: a house and a road, or a postcode with them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .spans import POSTCODE, Allowed, Span, before

_STREET = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|close|drive|court|terrace|place|gardens?|grove|crescent|way|walk|hill|mews|square|row|"
    r"rise|park|house|view|green|parade|estate|buildings|mansions|yard|wharf|quay|vale|cottages?|gate|passage|mount|approach|broadway)"
)
_NO_STREET = (
    r"(?:to|from|in|on|at|and|is|are|was|were|for|by|near|via|off|past|until|till|with|mins?|minutes?|hours?|miles?|metres?|yards?|"
    r"pm|am|people|beds?|years?|days?|weeks?|stops?|of|my|our|your|it|that|this|i|you|he|she|we|they)\b"
)
_ROAD = rf"(?:(?!{_NO_STREET})[a-z'.-]{{1,20}} ){{1,3}}?{_STREET}(?![a-z])"
_FLAT = r"(?:flat|apartment|apt) \w{1,4},? "
_HOUSE = rf"(?:{_FLAT})?(?:no\.? ?)?[0-9]{{1,4}}[a-z]?,? {_ROAD}"
_ADDRESS = re.compile(
    rf"(?<![\w£$.,/-])(?:(?P<flat>{_FLAT}{_ROAD})|{_HOUSE})(?:[ ,.]{{1,3}}(?:[a-z'-]{{2,20}}[ ,.]{{1,3}}){{0,5}}(?P<code>{POSTCODE})(?![a-z0-9]))?"
)
_HOME = re.compile(
    r"\b(?:live[sd]?|living|reside[sd]?|resident|home|house|address(?:es)?|staying|lodges?)\b[^.!?]{0,30}$"
    r"|\b(?:mr|mrs|miss|ms|dr|nurse|sister)\.? [\w' -]{2,40}(?:,| of| at| is at|'s at) $"
    r"|(?:\b(?:s?he|they|i|mum|dad|nan)(?:'s|'m|'re| is| am| are)|\bim) at (?:number |no\.? )?$"
)
_PLACE = re.compile(
    r"\b(?:hospital|clinic|surgery|practice|pharmacy|chemist|library|church|school|car park|parking|office|station|hotel|pub|cafe|shop|"
    r"centre|bus|buses|ward|bed|bay|room|route|floor|level|department|unit|test|building|block|walk-in|gym|museum)\b"
)


def addresses(folded: str, allowed: Allowed) -> Iterator[Span]:
    """Houses with their road, where a postcode or the words before them make them somebody's home."""
    for match in _ADDRESS.finditer(folded) if re.search(r"[0-9]", folded) else ():
        lead = before(folded, match.start())
        home, public = match["flat"] or _HOME.search(lead), (match["code"] or "").replace(" ", "") in allowed.postcodes
        if not public and (home or (match["code"] and not _PLACE.search(lead))):
            yield Span(*match.span(), "address")
