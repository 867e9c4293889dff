"""Training comments varied by rule."""

import pandas as pd
import pytest

from social_guard.files.data import load_comments
from social_guard.files.variations import THANKS, padded_comments, swap_groups, swapped_comments
from social_guard.words.groups import group_names


def comments(*rows: tuple[str, str, list[str]]) -> pd.DataFrame:
    """Texts with writer and labels."""
    return load_comments(pd.DataFrame(rows, columns=["text", "writer", "labels"]))


def test_a_name_stands_in_one_form():
    """Else what takes its place would depend on the order of the file."""
    names = [name for forms in group_names().values() for names in forms.values() for name in names]
    assert len(names) == len(set(names)) and all(name == name.lower().strip() for name in names)


@pytest.mark.parametrize(
    ("name", "form"), [("Sikh", "adjectives"), ("SIKHS", "plurals"), ("asylum seekers", "plurals"), ("turk", "singulars")]
)
def test_another_group_takes_the_place(name, form):
    """In the same form, as capital and as small as the name was."""
    others = {other for forms in group_names().values() for other in forms.get(form, ())}
    swapped = {swap_groups(f"No {name} here", str(salt)).removeprefix("No ").removesuffix(" here") for salt in range(40)}
    assert len(swapped) > 10 and {other.lower() for other in swapped} <= others
    assert all(other.isupper() == name.isupper() and other[0].isupper() == name[0].isupper() for other in swapped)


@pytest.mark.parametrize("text", ["", "Thank you all", "blackboard", "tie it to the pole", "the two poles of the bed"])
def test_what_names_no_group_stays(text):
    """A name inside a word, or a word that is a name with a capital alone, is none."""
    assert swap_groups(text, "salt") == text


def test_a_group_keeps_its_other_name_in_a_comment():
    """So that what is said of one group is not said of two."""
    first, second = swap_groups("sikh and sikh", "salt").split(" and ")
    assert first == second != "sikh"


def test_swapped_comments_keep_their_labels():
    """Only those that name a group, each as often as asked, with the comment that it is made of in the index."""
    rows = comments(("Hello", "a", []), ("Romanians out", "a", ["hate_speech"]), ("a Hindu nurse", "b", ["compliment"]))
    made = swapped_comments(rows, 4)
    assert set(made.index) == {1, 2} and (made.index == 1).sum() <= 4
    assert made.loc[[1], "hate_speech"].tolist() == [1] * (made.index == 1).sum()
    assert not made["text"].isin(rows["text"]).any() and made.dtypes.equals(rows.dtypes)
    assert swapped_comments(rows, 0).empty and swapped_comments(rows[:0], 4).empty


def test_padded_comments_have_the_labels_of_either():
    """By one writer; of what a whole comment is for, nothing is known when they differ, nor of the thanks themselves."""
    rows = comments(
        ("I know where you live", "a", ["abuse"]), ("Thank you all", "a", ["compliment"]), ("Buy now", "a", ["spam"]),
        ("Thanks, idiots", "a", ["compliment", "offensive_language"]), ("I know where you park", "b", ["abuse"]), ("Wait", "", []),
    )  # fmt: skip
    made = padded_comments(rows)
    assert set(made.index) == {0, 1, 2, 3} and made["text"].str.contains("Thank you all").all()
    assert made.loc[0, ["abuse", "spam", "harassment"]].tolist() == [1, 0, 0] and pd.isna(made.loc[2, "spam"])
    assert pd.isna(made.loc[0, THANKS]) and made.dtypes.equals(rows.dtypes)


def test_an_unknown_label_stays_unknown():
    """Unless one of the two is enough."""
    rows = comments(("I know where you live", "a", ["abuse"]), ("Thank you all", "a", ["compliment"]))
    rows.loc[1, ["abuse", "privacy"]] = pd.NA
    made = padded_comments(rows)
    assert made.loc[0, "abuse"] == 1 and pd.isna(made.loc[0, "privacy"])


def test_without_thanks_there_is_nothing_to_pad_with():
    """Nor without the label."""
    rows = comments(("I know where you live", "a", ["abuse"]))
    assert padded_comments(rows).empty and padded_comments(rows.drop(columns=THANKS)).empty
