"""The taxonomy: every category and signpost, in the policy's words. Adding one means a line here, and data.

The wording follows the social media policy of an acute NHS Trust; the clause is quoted in every reason that a person
reads.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """A kind of comment that the policy does not allow.

    Attributes
    ----------
    key : str
        Its name in files, frames and code.
    clause : str
        The policy's words.
    finding : str
        How a reason names what was found: "The comment seems to contain …".
    gravest : str
        The most severe action that the policy foresees; a policy file may go further.
    severity : int
        1 is the most severe; orders categories that call for the same action.
    prevalence : float
        The share of comments assumed to belong to it where the model is used.
    """

    key: str
    clause: str
    finding: str
    gravest: str
    severity: int
    prevalence: float


@dataclass(frozen=True)
class Signpost:
    """A kind of comment that is welcome and needs an answer or a person.

    Attributes
    ----------
    key : str
        Its name in files, frames and code.
    meaning : str
        What the person wants.
    """

    key: str
    meaning: str


CATEGORIES: dict[str, Category] = {
    category.key: category
    for category in (
        Category("abuse", "abusive or threatening messages", "a threat or abuse", "report", 1, 0.005),
        Category(
            "offensive_language",
            "offensive language, including swearing or personal insults",
            "swearing or a personal insult",
            "remove",
            5,
            0.03,
        ),
        Category(
            "harassment",
            "harassment, including naming members of staff in a negative way",
            "a named or identifiable person spoken of negatively",
            "remove",
            3,
            0.01,
        ),
        Category("hate_speech", "hate speech", "an attack on people for who they are", "report", 2, 0.005),
        Category("spam", "spam/commercial posts", "an advertisement or spam", "remove", 6, 0.03),
        Category("off_topic", "comments which are unrelated to our work", "nothing related to our work", "hide", 7, 0.05),
        Category(
            "privacy",
            "no naming of staff without permission, no sharing of personal staff accounts and information; "
            "patient confidentiality",
            "somebody's personal information",
            "remove",
            4,
            0.005,
        ),
    )
}

SIGNPOSTS: dict[str, Signpost] = {
    signpost.key: signpost
    for signpost in (
        Signpost("clinical_question", "asks for medical advice, results, medicines, symptoms"),
        Signpost("appointment", "asks to book, change, chase or cancel an appointment or referral"),
        Signpost("complaint", "reports a bad experience, asks for redress"),
        Signpost("compliment", "thanks, praise"),
        Signpost("media_enquiry", "a journalist or producer asks for comment, interview, filming"),
        Signpost("story", "offers to share a patient's or a staff member's story"),
        Signpost("enquiry", "any other question: parking, visiting times, directions, jobs, volunteering"),
        Signpost("urgent_help", "somebody may be in danger now; always shown to a person at once"),
    )
}

URGENT = "urgent_help"
NOT_ENGLISH = "not_english"
"""A head of the model beside the taxonomy: a comment that it cannot judge, because it is in another language."""

HEADS: tuple[str, ...] = (*CATEGORIES, *SIGNPOSTS, NOT_ENGLISH)
"""Every column of labels that a model can be trained on."""
