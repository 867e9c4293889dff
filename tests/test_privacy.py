import json
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from social_guard.exceptions import MissingExtraError
from social_guard.personal.privacy import find_personal_details, may_hold_details, redact
from social_guard.personal.public_contacts import PublicContacts, contact_problems
from social_guard.personal.spans import KINDS
from social_guard.policy.reading import load_policy
from tests.conftest import ROOT

DATA = ROOT / "data" / "privacy"
CONTACTS = load_policy(DATA / "policy.toml").public_contacts


def found(text, contacts=CONTACTS):
    return [(detail.kind, detail.value) for detail in find_personal_details(text, public_contacts=contacts)]


NHS_NUMBERS = [
    ("NHS number 9990000018", ["9990000018"]),
    ("NHS number 999 000 0018", ["999 000 0018"]),
    ("nhs no. 999-000-0018", ["999-000-0018"]),
    ("my number is 9990000018", ["9990000018"]),
    ("9990000018 is her NHS number", ["9990000018"]),
    ("999 000 0018", ["999 000 0018"]),  # the grouping alone
    ("9990000018", []),  # neither grouping nor context
    ("999 000 0019", []),  # the check digit is wrong
    ("99 90 00 00 18", []),  # another grouping
    ("order 999 000 0018", []),
    ("1999 000 0018", []),
    ("999 000 00181", []),
    ("999-000-0018-B", []),
    ("£999 000 0018", []),
]


@pytest.mark.parametrize(("text", "values"), NHS_NUMBERS)
def test_an_nhs_number_needs_its_check_digit_and_a_sign_of_what_it_is(text, values):
    """The check digit, and either context or the grouping in 3, 3 and 4."""
    assert [value for kind, value in found(text) if kind == "nhs_number"] == values


def test_a_patients_number_with_a_slip_is_not_left_in_the_open():
    """What the writer calls an NHS number but fails the check is reported as a number of a patient."""
    assert found("my NHS number is 999 000 0019") == [("hospital_number", "999 000 0019")]


DRAMA = ["07700 900{}", "020 7946 0{}", "01632 960{}", "0113 496 0{}", "0121 496 0{}", "028 9649 6{}", "029 2018 0{}"]


@pytest.mark.parametrize("number", DRAMA)
@pytest.mark.parametrize("last", ["000", "142", "999"])
def test_ofcoms_numbers_for_drama_are_phones(number, last):
    """Also those that the library calls not valid; with or without spaces, and in international form."""
    phone = number.format(last)
    for written in (phone, phone.replace(" ", ""), phone.replace(" ", "-"), f"+44 {phone[1:]}", f"0044{phone[1:].replace(' ', '')}"):
        assert found(f"Dave: {written}.", PublicContacts()) == [("phone", written)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("his phone is 0808 157 0123", [("phone", "0808 157 0123")]),
        ("the helpline is 0808 157 0123", []),  # nobody's own
        ("call me on 7700 900123", [("phone", "7700 900123")]),
        ("7700 900123 steps", []),
        ("order no 07700 900123", []),
        ("0770090012", []),
        ("077009001234", []),
        ("07.12.2024 999", []),
        ("0.127758 51.50", []),
        ("07700 900123 07700 900456", [("phone", "07700 900123"), ("phone", "07700 900456")]),
        ("bed 12 07700 900123", [("phone", "07700 900123")]),
        ("£07700 900123", []),
        ("07700 900123x", [("phone", "07700 900123")]),
    ],
)
def test_phones(text, expected):
    """A phone has the length of one, stands alone, and is somebody's."""
    assert found(text) == expected


PUBLIC = PublicContacts(
    phones=("020 7946 0000",),
    emails=("jo.bloggs@example.org",),
    domains=("trust.example.com",),
    handles=("@ExampleTrust",),
    postcodes=("W2 9ZZ",),
)


@pytest.mark.parametrize(
    "text",
    [
        "her desk is 020 7946 0000",
        "ring +44 (0)20 7946 0000 or 02079460000",
        "email Jo.Bloggs@EXAMPLE.org",
        "write to her: jo dot bloggs at example dot org",
        "jo.bloggs@trust.example.com",
        "jo.bloggs@mail.trust.example.com",
        "her insta is @exampletrust",
        "her profile https://www.facebook.com/ExampleTrust",
        "she lives at 1 Example Street, London W2 9ZZ",
    ],
)
def test_the_organisations_own_contacts_are_never_reported(text):
    """In any form; without the list each would be."""
    assert found(text, PUBLIC) == []
    assert found(text, PublicContacts()) != []


@pytest.mark.parametrize("text", ["jo@nottrust.example.com", "020 7946 0001", "1 Mill Lane, London W2 9ZY"])
def test_what_looks_like_a_public_contact_is_still_reported(text):
    """A neighbouring number, domain or postcode is not public."""
    assert found(text, PUBLIC) != []


def test_public_contacts_may_be_lists():
    """As they come from other code."""
    assert found("020 7946 0000", PublicContacts(phones=["020 7946 0000"])) == []


@pytest.mark.parametrize(
    ("contacts", "problem"),
    [
        (PublicContacts(), []),
        (PUBLIC, []),
        (PublicContacts(phones=("111",)), ["phones has '111': expected a whole number with its area code, e.g. 020 7946 0000"]),
        (PublicContacts(domains=("https://x.org",)), ["domains has 'https://x.org': expected a domain without https://, e.g. example.org"]),
    ],
)
def test_problems_of_public_contacts_are_named(contacts, problem):
    """Each with its field and value."""
    assert contact_problems(contacts) == problem


# ------------------------------------------------------------------------------------------------------- the test set


def rows(half=None):
    with (DATA / "comments.jsonl").open(encoding="utf-8") as stream:
        return [row for row in map(json.loads, stream) if half in (None, row["half"])]


def test_the_set_is_large_and_balanced():
    """At least 400 comments, every kind in both halves, and at least as many comments without a detail."""
    everything = rows()
    assert len(everything) >= 400 and len({row["text"] for row in everything}) == len(everything)
    for half in ("tune", "test"):
        assert {detail["kind"] for row in rows(half) for detail in row["details"]} == set(KINDS)
        assert 2 * sum(not row["details"] for row in rows(half)) >= len(rows(half))
    for row in everything:
        for detail in row["details"]:
            assert row["text"].startswith(detail["value"], detail["start"])


@pytest.mark.parametrize("row", rows("tune"), ids=lambda row: row["id"])
def test_every_comment_of_the_half_that_was_tuned_on(row):
    """Expected kinds and values, no more; of covert filming the kind, since its place is a matter of taste."""
    expected = [(d["kind"], "" if d["kind"] == "covert_filming" else d["value"]) for d in row["details"]]
    assert [(kind, "" if kind == "covert_filming" else value) for kind, value in found(row["text"])] == expected


# --------------------------------------------------------------------------------------------------------------- laws

PIECES = (
    ["07700 900123", "07700900123", "999 000 0018", "9990000018", "NHS number ", "order ", "my ", "number is ", "born ", "dob ", "3/5/51 "]
    + ["K1234567", "hospital no ", "jo@example.org", "jo at example dot org", "@jo_x", "insta ", "her ", "flat 3, ", "14 mill lane ", "SW1A 9ZZ"]
    + ["lives at ", "filmed ", "the nurse ", "secretly ", " ", ".", "-", "/", "+44", "(0)", "7", "oh ", "double ", "‹phone›", "‹", "x", "@"]
    + ["wa.me/4477", "facebook.com/jo ", "\u200b", "０", "&#48;", "£", "\x04", "\ud800", "③", "o"]
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(st.characters() | st.sampled_from("0123456789@.o -+"))


@given(TEXTS)
@example("my number ‹phone› 9990000018")
@example("order@example.org 07700900123")
@example("‹nhs_number›9990000018")
def test_laws_of_details_and_redaction(text):
    """For any text: spans are in order and apart, the rest is unchanged, no digit survives, twice is once."""
    details = find_personal_details(text)
    done, rest = 0, ""
    for detail in details:
        assert done <= detail.start < detail.end <= len(text) and detail.kind in KINDS
        assert text[detail.start : detail.end] == detail.value
        rest += f"{text[done : detail.start]}‹{detail.kind}›"
        done = detail.end
    redacted = redact(text)
    assert redacted == rest + text[done:]
    assert find_personal_details(redacted) == () and redact(redacted) == redacted
    outside = "".join(c for i, c in enumerate(text) if not any(d.start <= i < d.end for d in details))
    assert [c for c in redacted if c.isdigit()] == [c for c in outside if c.isdigit()]


@given(TEXTS)
def test_public_contacts_never_overlap_with_details(text):
    """What is public stays in the redacted copy, whatever stands around it."""
    assert redact(f"{text}\n020 7946 0000", public_contacts=PUBLIC).endswith("\n020 7946 0000")


def test_the_fast_path_lets_no_detail_of_the_set_go():
    """Every comment with a detail passes it; plain praise does not."""
    assert all(may_hold_details(row["text"]) for row in rows() if row["details"])
    assert not may_hold_details("Thank you to all the nurses, you were wonderful")


def test_the_mask_can_be_chosen():
    """With or without the kind."""
    assert redact("ring 07700 900123", mask="[{kind}]") == "ring [phone]"
    assert redact("ring 07700 900123", mask="***") == "ring ***"


@pytest.mark.parametrize("missing", ["phonenumbers", "stdnum"])
def test_a_missing_library_is_named_with_what_to_type(missing, monkeypatch):
    """The error holds the pip line; a comment without numbers needs no library."""
    monkeypatch.setitem(sys.modules, missing, None)
    for name in [name for name in sys.modules if name.startswith(f"{missing}.")]:
        monkeypatch.delitem(sys.modules, name)
    assert found("jo@example.org", PublicContacts()) == [("email", "jo@example.org")]
    with pytest.raises(MissingExtraError, match=r"pip install 'social_guard\[privacy\]'"):
        find_personal_details("NHS number 0770090045 and 9990000101, or 07700 900456")


def test_the_libraries_are_not_imported_before_they_are_needed():
    """Importing the room and reading a comment without numbers costs neither."""
    code = (
        "import sys; from social_guard import redact; redact('Ward 10, jo@example.org');"
        "sys.exit(bool({'phonenumbers', 'stdnum'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
