"""What personal details look like in folded text: one recogniser a kind, patterns and what must stand around them.

A number alone says little: one in eleven numbers of ten digits passes the check of an NHS number. So numbers count by
their context and by how they are grouped. Every pattern is bounded, which keeps the time linear for any text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from ..exceptions import MissingExtraError

CUT = "\x04"
"""Stands for a detail that is dealt with: no pattern matches it, so none reaches across it."""


class Span(NamedTuple):
    """A stretch of folded text; without a kind it is a public contact, which no later recogniser may take."""

    start: int
    end: int
    kind: str


class Allowed(NamedTuple):
    """Public contacts in the form in which they are compared."""

    phones: frozenset[str]
    emails: frozenset[str]
    domains: tuple[str, ...]
    handles: frozenset[str]
    postcodes: frozenset[str]

    def has_domain(self, host: str) -> bool:
        """Whether a host is a public domain or below one."""
        return any(host == domain or host.endswith(f".{domain}") for domain in self.domains)


_Names = tuple[str, ...]


@lru_cache(maxsize=64)
def allow(phones: _Names, emails: _Names, domains: _Names, handles: _Names, postcodes: _Names) -> Allowed:
    """Make public contacts ready for comparing."""
    return Allowed(
        frozenset(filter(None, (_telephone(re.sub(r"[^0-9+]", "", phone)) for phone in phones))),
        frozenset(map(str.lower, emails)),
        tuple(map(str.lower, domains)),
        frozenset(handle.lower().lstrip("@") for handle in handles),
        frozenset(code.lower().replace(" ", "") for code in postcodes),
    )


def recognise(folded: str, allowed: Allowed) -> list[Span]:
    """All details of a folded text: the recognisers run one after the other, and none sees what an earlier one took.

    Examples
    --------
    >>> recognise("dob 3/5/51, 07700 900123", allow((), (), (), (), ()))
    [Span(start=4, end=10, kind='date_of_birth'), Span(start=12, end=24, kind='phone')]
    """
    found: list[Span] = []
    for recogniser in _RECOGNISERS:
        spans = list(recogniser(folded, allowed))
        folded = _blank(folded, spans) if spans else folded
        found += (span for span in spans if span.kind)
    return found


def _blank(folded: str, spans: Iterable[Span]) -> str:
    pieces: list[str] = []
    done = 0
    for span in spans:
        pieces += (folded[done : span.start], CUT * (span.end - span.start))
        done = span.end
    return "".join([*pieces, folded[done:]])


def _before(folded: str, start: int, reach: int = 60) -> str:
    """What leads up to a place, back to the last detail or the end of the last line."""
    return re.split(rf"[\n{CUT}]", folded[max(0, start - reach) : start])[-1]


def _behind(folded: str, end: int, reach: int = 40) -> str:
    return re.split(rf"[\n{CUT}]", folded[end : end + reach])[0]


# --------------------------------------------------------------------------------------------- links, emails, handles

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


def _profile_links(folded: str, allowed: Allowed) -> Iterator[Span]:
    for match in _PROFILE.finditer(folded) if "/" in folded else ():
        public = match["name"] in allowed.handles
        if public or match["personal"] or (_is_profile(match) and _of_person(_before(folded, match.start()))):
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


def _emails(folded: str, allowed: Allowed) -> Iterator[Span]:
    for match in _EMAIL.finditer(folded) if "@" in folded else ():
        yield _mailbox(match, allowed)


def _said_emails(folded: str, allowed: Allowed) -> Iterator[Span]:
    for match in _SAID_EMAIL.finditer(folded) if _SAID_HOST.search(folded) else ():
        disguised = re.search(r"dot|[\[({@]", match[0])
        told = re.search(r"[._+0-9]", match["local"]) or _MAIL_CONTEXT.search(_before(folded, match.start()))
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


def _handles(folded: str, allowed: Allowed) -> Iterator[Span]:
    for match in _HANDLE.finditer(folded) if re.search(_PLATFORM, folded) else ():
        group = next(name for name in ("told", "called", "before") if match[name])
        public = match[group].lstrip("@") in allowed.handles
        if public or _is_handle(match[group], match) and _is_somebodys(
            match, _before(folded, match.start()), _behind(folded, match.end())
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


# ------------------------------------------------------------------------------------------------------- date of birth

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DAY = r"[0-3o]?[0-9o](?:st|nd|rd|th)?"
_YEAR = r"(?:19|20|'|1?9|2o)?[0-9o]{2}(?![0-9]| ?(?:w(?:ee)?ks|days|years|hours)\b)"
_DATE = (
    rf"(?:{_DAY} ?[./ -] ?[01o]?[0-9o] ?[./ -] ?{_YEAR}|(?:19|20)[0-9]{{2}}[./-][01][0-9][./-][0-3][0-9](?![0-9])"
    rf"|[0-3o][0-9o][01o][0-9o](?:19|20)[0-9o]{{2}}(?![0-9])"
    rf"|{_DAY}[ ./-]{{0,2}}(?:of )?{_MONTH}[ .,/-]{{0,3}}{_YEAR}|{_MONTH} {_DAY}[ ,]{{1,3}}{_YEAR})"
)
_BIRTH = r"(?<![a-z])(?:d[. ]{0,2}o[. ]{0,2}b\b|(?:date|day)(?:[ -]of)?[ -]birth|(?<!happy )birth[ -]?da(?:te|y))"
_FILL = rf"[^0-9{CUT}\n!?;]"
_BORN = re.compile(
    rf"{_BIRTH}(?P<fill>{_FILL}{{0,30}}?)(?<![a-z0-9])(?P<dob>{_DATE})"
    rf"|\bborn(?P<birth>{_FILL}{{0,30}}?)(?<![a-z0-9])(?P<born>{_DATE})"
    rf"|(?<![a-z0-9/.-])(?P<date>{_DATE})[ ,]{{1,2}}(?:is|was) (?:my|his|her|their|the)? ?{_BIRTH}"
)
_OTHER_DATE = re.compile(r"\b(?:appointment|appt|scan|letter|visit|due|wrong|cakes?|party|treat|ward)\b")
_NO_PERSON = re.compile(r"\b(?:nhs|service|hospital|charity|trust|unit)\b[^.!?]{0,20}$")


def _dates_of_birth(folded: str, allowed: Allowed) -> Iterator[Span]:
    for match in _BORN.finditer(folded) if re.search(r"birth|born|d[. ]{0,2}o[. ]{0,2}b", folded) else ():
        group = next(name for name in ("dob", "born", "date") if match[name])
        institution = group == "born" and _NO_PERSON.search(_before(folded, match.start()))
        if not institution and not _OTHER_DATE.search(match["fill"] or ""):
            yield Span(*match.span(group), "date_of_birth")


# ------------------------------------------------------------------------------------------------------------- numbers

_WORDS = dict.fromkeys(("zero", "oh", "o", "nought", "naught"), "0")
_WORDS |= {word: str(digit) for digit, word in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), 1)}
_TIMES = {"double": 2, "treble": 3, "triple": 3}
_GROUP = re.compile(
    rf"(?:(?<![a-z0-9])|(?<=\btel)|(?<=\bmob))(?:(?P<times>{'|'.join(_TIMES)})[ -])?"
    rf"(?:(?P<word>{'|'.join(_WORDS)})(?![a-z0-9])|(?P<digits>[oil]{{0,4}}[0-9][0-9oil]*+)(?![a-wyz]))"
)
_MANY_DIGITS = re.compile(rf"[0-9](?:[^0-9]{{0,4}}[0-9]){{4}}|\b(?:{'|'.join(_WORDS)})[ ,-]{{1,2}}(?:{'|'.join((*_WORDS, *_TIMES))})\b")
_LOOKALIKES = str.maketrans("oil", "011")
_GAP = re.compile(r"[ .\-_()/,]{0,3}")
LEAST_DIGITS, MOST_DIGITS = 10, 17
"""Of a telephone number with its prefixes."""


class _Group(NamedTuple):
    """Digits that stand together, or one digit in words."""

    start: int
    end: int
    digits: str


def _runs(folded: str) -> Iterator[list[_Group]]:
    """Groups of digits that only spaces, dots, dashes or brackets divide."""
    run: list[_Group] = []
    for match in _GROUP.finditer(folded):
        digits = _WORDS[match["word"]] if match["word"] else match["digits"].translate(_LOOKALIKES)
        group = _Group(*match.span(), digits * _TIMES.get(match["times"], 1))
        if run and not _GAP.fullmatch(folded, run[-1].end, group.start):
            yield run
            run = []
        run.append(group)
    if run:
        yield run


def _numbers(folded: str, allowed: Allowed) -> Iterator[Span]:
    for run in _runs(folded) if _MANY_DIGITS.search(folded) else ():
        after = 0
        for first in range(len(run)):
            span = _number_at(folded, run, first, allowed) if first >= after else None
            if span:
                after = bisect_left(run, span.end, key=lambda group: group.start)
                yield span


def _number_at(folded: str, run: list[_Group], first: int, allowed: Allowed) -> Span | None:
    """The longest number that starts with a group."""
    best, digits = None, ""
    dialled = run[first].digits.startswith(("0", "44")) or "+" in folded[max(0, run[first].start - 2) : run[first].start]
    for last in range(first, min(first + MOST_DIGITS, len(run))):
        digits += run[last].digits
        if len(digits) > (MOST_DIGITS if dialled else LEAST_DIGITS):
            break
        if len(digits) >= LEAST_DIGITS:
            number = _Number(folded, run[first : last + 1], digits)
            kind = number.kind(allowed)
            best = best if kind is None else Span(number.start, number.end, kind)
    return best


_ODD = (
    r"orders?|parcel|track(?:ing|ed)?|ref(?:erence)?|isbn|invoice|account|acc|sort code|utr|part|serial|barcode|batch|lot|pcn|ticket|"
    r"booking|vat|charity|company|version|build|job|vacancy|licen[cs]e|policy|claim|case|error|code|time|log|fine|page|bleep|receipt|"
    r"raffle|model|item|product|iban|password|caller|count|page|dpd|delivery|crn|reg(?:istration)?|card"
)
_ODD_LEAD = re.compile(rf"\b(?:{_ODD})s?\b[^0-9.;!?]{{0,25}}$")
_ODD_NUMBER = re.compile(rf"\b(?:(?:{_ODD})s?[ -]?(?:numbers?|num|no|nr|ref|id|code|#)|ref(?:erence)?)\W{{0,3}}$")
_NHS = r"\bn\.?h\.?s\b\.?[ -]?(?:numbers?|num|no|nr|one|id|#)(?![a-z])"
_NHS_LEAD = re.compile(rf"{_NHS}[^0-9!?]{{0,45}}$|\b(?:my|her|his|their) (?:\w+ )?number(?: is|'s|:)? ?$|\bnhs\W{{0,3}}$")
_NHS_REAR = re.compile(rf"^[ ,(]{{0,2}}(?:is |was )?[^0-9.!?]{{0,15}}{_NHS}")
_PHONE_LEAD = re.compile(
    r"\b(?:call|ring|rang|text|phone|fone|tel|telephone|mob|mobile|cell|whatsapp|reach|number|on|am|contact)\b[^0-9]{0,12}$"
)
_SOMEBODY = re.compile(
    r"\b(?:call|ring|text|phone|reach|whatsapp|contact) (?:me|him|her)\b|"
    r"\b(?:my|his|her|mum's|dad's)\b[^.!?0-9]{0,20}\b(?:number|mobile|phone|tel|cell|home|line)\b"
)
_SERVICE = re.compile(r"\+44[389]")
"""Numbers of organisations: 03, 08 and 09."""
_GLUED_BEFORE, _GLUED_AFTER = re.compile(r"[a-z0-9][-./_,]|[£$€] ?|.[£$€]"), re.compile(r"[-/_,.][a-z0-9]|%.?")
_DECIMAL = re.compile(r"0\.[0-9]")
_DATE_FIRST = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}(?![0-9])")


class _Number:
    """Groups of digits that may make one number, with what stands around them."""

    def __init__(self, folded: str, groups: list[_Group], digits: str) -> None:
        self.folded, self.groups, self.digits = folded, groups, digits
        self.start, self.end = groups[0].start, groups[-1].end
        while self.start and folded[self.start - 1] in "+(" and groups[0].start - self.start < 2:
            self.start -= 1

    @cached_property
    def lead(self) -> str:
        """What leads up to the number."""
        return _before(self.folded, self.start)

    def kind(self, allowed: Allowed) -> str | None:
        """The kind of number, "" for a public one, None for a number that leads to nobody."""
        if self._may_be_nhs_number() and self._stands_alone() and self._is_patients():
            return "nhs_number"
        telephone = self._telephone()
        if telephone is None or not self._stands_alone() or self._is_reference():
            return None
        if telephone in allowed.phones:
            return ""
        return "phone" if not _SERVICE.match(telephone) or _SOMEBODY.search(self.lead) else None

    def _stands_alone(self) -> bool:
        """Not the middle of a code, a sum, a date or a decimal."""
        before, after = self.folded[max(0, self.start - 2) : self.start], self.folded[self.end : self.end + 2]
        if _GLUED_BEFORE.fullmatch(before) or _GLUED_AFTER.fullmatch(after):
            return False
        return not _DATE_FIRST.match(self.folded, self.start) and (len(self.groups) > 7 or not _DECIMAL.match(self.folded, self.start))

    def _may_be_nhs_number(self) -> bool:
        return len(self.digits) == 10 and self.digits[0] != "0" and _passes_nhs_check(self.digits)

    def _is_patients(self) -> bool:
        if _NHS_LEAD.search(self.lead) or _NHS_REAR.search(_behind(self.folded, self.end)):
            return True
        grouped = [len(group.digits) for group in self.groups] == [3, 3, 4]
        return grouped and not _ODD_LEAD.search(self.lead)

    def _telephone(self) -> str | None:
        """In international form, where the digits can be dialled: 07…, 00…, +…, or a mobile that lost its zero."""
        plus = "+" in self.folded[self.start : self.groups[0].start] or (self.digits[:3] == "447" and len(self.digits) == 12)
        national = self.digits[0] == "0" and (len(self.digits) < 12 or self.digits[1] == "0")
        mobile = self.digits[0] == "7" and len(self.digits) == LEAST_DIGITS and _PHONE_LEAD.search(self.lead)
        return _telephone("+" * plus + self.digits) if plus or national or mobile else None

    def _is_reference(self) -> bool:
        return bool(_ODD_NUMBER.search(self.lead) or (len(self.groups) == 1 and _ODD_LEAD.search(self.lead)))


@lru_cache(maxsize=1 << 12)
def _passes_nhs_check(digits: str) -> bool:
    nhs = _library("stdnum.gb.nhs")
    return bool(nhs.is_valid(digits))


@lru_cache(maxsize=1 << 12)
def _telephone(digits: str) -> str | None:
    """The number in international form, if a number like it can exist; ranges kept for drama can, but are never valid."""
    phonenumbers = _library("phonenumbers")
    try:
        number = phonenumbers.parse(digits, "GB")
    except phonenumbers.NumberParseException:
        return None
    national = str(number.national_number)
    rare = len(national) < 10 if number.country_code == 44 else digits[0] == "0"
    possible = phonenumbers.is_valid_number(number) if rare else phonenumbers.is_possible_number(number)
    return f"+{number.country_code}{national}" if possible else None


def load_libraries() -> None:
    """Load the libraries for numbers now, so that their want shows at once and not at the first number.

    Raises
    ------
    MissingExtraError
        When one is not installed.
    """
    for module in LIBRARIES:
        _library(module)


LIBRARIES = {"stdnum.gb.nhs": "python-stdnum", "phonenumbers": "phonenumbers"}
"""Modules, and how their packages are called."""


def _library(module: str) -> Any:
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(f"personal details need {LIBRARIES[module]}: pip install 'social_guard[privacy]'") from error


_CODE = r"(?!(?:is|its|was|no|num|for|my|the|are|am|at|on|to|in|as|and|his|her|id)\b)(?:[a-z]{1,3}[ -]?)?[0-9](?:[ -]?[0-9]){4,9}+(?![0-9]|[/.:][0-9])"
_HOSPITAL = (
    r"(?<![a-z])(?:(?:hosp(?:ital)?\.?|clinic|patient|unit|medical record|n\.?h\.?s\.?|national health|k)[ -]?"
    r"(?:numbers?|num|nr|no|ref|id|#)(?![a-z])|mrn(?![a-z])|hospital (?:wrist)?band|nhs(?=\W{1,2}[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}\b))"
)
_HOSPITAL_NUMBER = re.compile(
    rf"{_HOSPITAL}{_FILL}{{0,30}}?(?<![a-z0-9])(?P<told>{_CODE})|(?<![a-z0-9])(?P<before>{_CODE}) is (?:my|his|her|their) {_HOSPITAL}"
)


_FIVE_DIGITS = re.compile(r"[0-9](?:[ -]?[0-9]){4}")


def _hospital_numbers(folded: str, allowed: Allowed) -> Iterator[Span]:
    for match in _HOSPITAL_NUMBER.finditer(folded) if _FIVE_DIGITS.search(folded) else ():
        yield Span(*match.span("told" if match["told"] else "before"), "hospital_number")


# ----------------------------------------------------------------------------------------------------------- addresses

POSTCODE = r"[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2}"
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


def _addresses(folded: str, allowed: Allowed) -> Iterator[Span]:
    for match in _ADDRESS.finditer(folded) if re.search(r"[0-9]", folded) else ():
        lead = _before(folded, match.start())
        home, public = match["flat"] or _HOME.search(lead), (match["code"] or "").replace(" ", "") in allowed.postcodes
        if not public and (home or (match["code"] and not _PLACE.search(lead))):
            yield Span(*match.span(), "address")


# ------------------------------------------------------------------------------------------------------ covert filming

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


def _covert_filming(folded: str, allowed: Allowed) -> Iterator[Span]:
    for match in _COVERT.finditer(folded) if any(word in folded for word in CAMERA) else ():
        if not _INNOCENT.search(_before(folded, match.start(), 40)):
            yield Span(*match.span(), "covert_filming")


_RECOGNISERS: tuple[Callable[[str, Allowed], Iterator[Span]], ...] = (
    _profile_links,
    _emails,
    _said_emails,
    _handles,
    _dates_of_birth,
    _numbers,
    _hospital_numbers,
    _addresses,
    _covert_filming,
)
