"""Links to profiles, email addresses, and names of accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .spans import CUT, Allowed, Span, before, behind

_PERSON = re.compile(
    r"\b(?:my|her|his|me|him|i'?m|she|she's|he|he's|lady|lad|bloke|nurse|midwife|doctor|dr|consultants?|surgeons?|sisters?|"
    r"matrons?|porters?|receptionists?|add|dm|friend|\w+'s)\b"
)
_BODY = re.compile(r"\b(?:us|our|we|charity|trust|hospital|team|ward|page|club|group|official|league|project)\b(?:'s)?")
_PROFILE = re.compile(
    r"(?<![\w.@-])(?:https?://)?(?:[a-z]{1,9}\.)?(?:"
    r"(?P<personal>linkedin\.com/in|facebook\.com/people|facebook\.com/profile\.php\?id=|snapchat\.com/add|wa\.me)"
    r"|(?:facebook|fb|instagram|tiktok|twitter|x|threads|t)\.(?:com|net|me))"
    r"(?:(?<==)|/)@?(?P<name>[\w.%+-]{2,100})(?P<rest>(?:[/?#][\w.%+=&?#/-]{0,200})?)"
)
_NO_PROFILE = re.compile(r"(?:reels?|posts?|groups?|events?|watch|hashtag|tag|share|sharer|stories|explore|pages?|photos?|search|help|\w+\.php)$")


def profile_links(folded: str, allowed: Allowed) -> Iterator[Span]:
    """Links to the account of a person, and public ones, which have no kind."""
    for match in _PROFILE.finditer(folded) if "/" in folded else ():
        public = match["name"] in allowed.handles
        if public or match["personal"] or (_is_profile(match) and _of_person(before(folded, match.start()))):
            yield Span(*match.span(), "" if public else "profile_link")


def _is_profile(match: re.Match[str]) -> bool:
    inner = match["rest"].partition("?")[0].strip("/")
    return not inner and not _NO_PROFILE.match(match["name"])


def _of_person(lead: str) -> bool:
    return bool(_PERSON.search(lead)) and not _BODY.search(lead)


_TOP = r"(?:co\.uk|nhs\.uk|ac\.uk|org\.uk|gov\.uk|nhs\.net|com|org|net|uk|eu|ie|me|info|biz|io|co)(?![\w-])"
_LOCAL = r"(?<![\w.+-])[\w+](?:[\w.+'-]{0,62}[\w+-])?"
_EMAIL = re.compile(rf"(?P<local>{_LOCAL})@(?P<host>[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,5}})")
_DOT = r"(?: dot | ?[\[({](?:dot|\.)[\])}] ?|\.)"
_SAID_EMAIL = re.compile(
    rf"(?P<local>{_LOCAL}(?: dot [\w+-]{{1,30}}){{0,2}})(?: at | ?[\[({{](?:at|@)[\])}}] ?| @ ?|@ )"
    rf"(?P<host>[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,30}}){{0,2}}?{_DOT.replace('dot', '(?:dot)')}"
    rf"(?:(?:co|org|ac|nhs|gov){_DOT}uk\b|{_TOP}))"
)
_SAID_HOST = re.compile(r"(?: at |[\[({](?:at|@)[\])}] ?| @ ?|@ )[\w-]{1,63}(?: dot | ?[\[({]|\.[a-z])")
"""The rarest part of such an address, to look for first."""
_MAIL_CONTEXT = re.compile(r"\b(?:e-?mail|mail|address|write|contact|reach)\b")
_FREE_MAIL = re.compile(r"(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|btinternet|aol|proton(?:mail)?|sky)\b")
_NO_MAILBOX = re.compile(
    r"(?:look|me|us|it|them|him|her|more|buy|visit|book|online|find|found|here|page|website|site|shop|up|out|donate|register|"
    r"apply|available|information|details|see|is|are|on|or|and|read|info|now|order|only|sale|tickets|form|leaflets?|\w+(?:ed|ing))$"
)
_ROLE = re.compile(
    r"(?:info|information|enquir(?:y|ies)|contact|contactus|help|helpdesk|support|office|hello|admin|press|comms|"
    r"communications|pals|feedback|complaints|reception|bookings?|appointments?|sales|jobs|recruitment|no-?reply)$"
)


def emails(folded: str, allowed: Allowed) -> Iterator[Span]:
    """Email addresses as they are written for machines."""
    for match in _EMAIL.finditer(folded) if "@" in folded else ():
        yield _mailbox(match, allowed)


def said_emails(folded: str, allowed: Allowed) -> Iterator[Span]:
    """Email addresses as people say them, as in ``sam at example dot org``."""
    for match in _SAID_EMAIL.finditer(folded) if _SAID_HOST.search(folded) else ():
        disguised = re.search(r"dot|[\[({@]", match[0])
        told = re.search(r"[._+0-9]", match["local"]) or _MAIL_CONTEXT.search(before(folded, match.start()))
        if told or _FREE_MAIL.match(match["host"]) or (disguised and not _NO_MAILBOX.match(match["local"])):
            yield _mailbox(match, allowed)


def _mailbox(match: re.Match[str], allowed: Allowed) -> Span:
    local, host = (re.sub(_DOT, ".", match[part]) for part in ("local", "host"))
    public = f"{local}@{host}" in allowed.emails or allowed.has_domain(host) or _ROLE.match(local)
    return Span(*match.span(), "" if public else "email")


_PLATFORM = (
    r"(?<![a-z])(?:insta(?:gram)?|ig|snap(?:chat)?|tik ?tok|facebook|fb|twitter|telegram|discord|threads|kik|profile|on here)(?![a-z])"
)
_NAME = r"@?[a-z0-9_][\w.#-]{0,40}\w"
_HANDLE = re.compile(
    rf"{_PLATFORM}(?P<link>(?:[ ,:=-]|'s|(?:is|its|it's|she's|he's|as|at|me|lol|handle|name|account|under|add)(?![a-z])){{1,12}})"
    rf"(?<![a-z])(?P<told>{_NAME})(?![\w@])"
    rf"|{_PLATFORM}(?P<far>[^@\n{CUT}]{{1,45}})(?P<called>@{_NAME})(?![\w@])"
    rf"|(?<![\w@.-])(?=@|[\w.-]{{0,41}}[0-9_.])(?P<before>{_NAME})(?![\w@])['\"]? on {_PLATFORM}"
)
_MARKED = re.compile(r"@|\w[0-9_.#]")
_NO_NAME = re.compile(r"(?:private|public|the|and|not|here|for|full|all|please|but|so|to|me|is|in|on|or|yes|no)$")
_OWNER = re.compile(r"\b(?:my|her|his|she's|he's|i'm|im|personal|private)\b[^.@]{0,25}$|\b\w+'s (?:private |personal |own )?$")
_ADD = re.compile(r"[ ,.!-]{0,3}(?:add|message|dm|friend) (?:me|her|him)\b")
_NAMED = re.compile(r"(?:\b(?:is|as|am|im)|'s|'m) ['\"]?$")


def handles(folded: str, allowed: Allowed) -> Iterator[Span]:
    """Names of accounts, where the words around them say that they are a person's."""
    for match in _HANDLE.finditer(folded) if re.search(_PLATFORM, folded) else ():
        group = next(name for name in ("told", "called", "before") if match[name])
        public = match[group].lstrip("@") in allowed.handles
        if public or _is_handle(match[group], match) and _is_somebodys(
            match, before(folded, match.start()), behind(folded, match.end())
        ):
            yield Span(*match.span(group), "" if public else "social_handle")


def _is_handle(name: str, match: re.Match[str]) -> bool:
    return bool(_MARKED.search(name)) or (":" in (match["link"] or "") and not _NO_NAME.match(name))


def _is_somebodys(match: re.Match[str], lead: str, rear: str) -> bool:
    if _OWNER.search(lead):
        return True
    if match["before"]:
        return not _BODY.search(lead) and bool(_NAMED.search(lead) or _PERSON.search(lead))
    return bool(_ADD.match(rear)) or _of_person(lead + (match["far"] or match["link"]))
