"""The contact points that an organisation makes public, and what is wrong with a list of them."""

from __future__ import annotations

import re

import msgspec

from .spans import POSTCODE


class PublicContacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The organisation's own contact points, which are never personal details.

    Attributes
    ----------
    phones : tuple of str
        In any usual form; numbers without a country code are British.
    emails : tuple of str
    domains : tuple of str
        Every link to and every mailbox at these, and at names below them, is public.
    handles : tuple of str
        Names on social media, with or without ``@``.
    postcodes : tuple of str

    Examples
    --------
    >>> from social_guard import find_personal_details
    >>> contacts = PublicContacts(phones=("020 7946 0000",))
    >>> find_personal_details("Ring the ward on +44 20 7946 0000", public_contacts=contacts)
    ()
    """

    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()


NO_CONTACTS = PublicContacts()


def contact_problems(contacts: PublicContacts) -> list[str]:
    """What is wrong with a list of public contacts, each problem with its place.

    Examples
    --------
    >>> contact_problems(PublicContacts(postcodes=("W2",)))
    ["postcodes has 'W2': expected a whole postcode, e.g. SW1A 1AA"]
    """
    return [
        f"{field} has {value!r}: expected {expected}"
        for field, (pattern, expected) in _EXPECTED.items()
        for value in getattr(contacts, field)
        if not re.fullmatch(pattern, value, re.IGNORECASE)
    ]


_EXPECTED = {
    "phones": (r"\+?[0-9](?:[ ()-]{0,3}[0-9]){8,15}", "a whole number with its area code, e.g. 020 7946 0000"),
    "emails": (r"[^\s@]+@[^\s@]+\.[^\s@]+", "an address, e.g. pals@example.org"),
    "domains": (r"[a-z0-9-]+(\.[a-z0-9-]+)+", "a domain without https://, e.g. example.org"),
    "handles": (r"@?[\w.-]+", "a name without spaces or https://, e.g. @example_trust"),
    "postcodes": (POSTCODE, "a whole postcode, e.g. SW1A 1AA"),
}
