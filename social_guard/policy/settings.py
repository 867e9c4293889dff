"""What a policy file may say: its sections, their settings, and what each is when the file leaves it out.

Numbers carry their bounds as annotations; `policy.reading` checks them, and what types cannot say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from enum import IntEnum
from typing import Annotated

import msgspec

from ..categories import URGENT
from ..personal.public_contacts import PublicContacts
from .rules import Rules

VERSION = 1
LEVELS = ("review", "hide", "remove", "report")
MODES = ("act", "observe", "off")
NEVER = float("inf")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
ClockTime = Annotated[time, msgspec.Meta(tz=False)]
Points = Annotated[float, msgspec.Meta(ge=0.0, le=1000.0)]
Limit = Annotated[float, msgspec.Meta(gt=0.0, le=1000.0)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]
SLACK_DAYS = 30
ACTION_POINTS = {"hide": 1.0, "remove": 2.0, "report": 4.0}


class Action(IntEnum):
    """What the policy recommends, in rising severity; each action includes those below it.

    Examples
    --------
    >>> Action.REMOVE > Action.HIDE, str(Action.HIDE)
    (True, 'hide')
    """

    NONE = 0
    HIDE = 1
    REMOVE = 2
    REPORT = 3

    def __str__(self) -> str:
        return self.name.lower()


class CategoryRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The thresholds of one category: a probability from which each step applies; a missing step is never taken."""

    review: Share | None = None
    hide: Share | None = None
    remove: Share | None = None
    report: Share | None = None
    confirm: tuple[str, ...] | None = None

    def thresholds(self) -> tuple[float, ...]:
        """Rising thresholds of the four levels; a missing one is that of the next step up."""
        steps = [getattr(self, level) for level in LEVELS]
        for i in range(len(steps) - 2, -1, -1):
            steps[i] = steps[i + 1] if steps[i] is None else steps[i]
        return tuple(NEVER if step is None else step for step in steps)


class SignpostRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signpost with a section of its own: when it is shown, and where it leads.

    What is left out is as in `policy.signposts.DESTINATIONS`. ``{contact}`` in a message stands for the contact.
    """

    threshold: Share
    send_to: str | None = None
    contact: str | None = None
    message: str | None = None
    answer_due: bool | None = None


class Clock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When somebody is there to answer, and how long an answer may take.

    Attributes
    ----------
    opens, closes : datetime.time
        On the clocks of the zone; the office is open from ``opens`` until just before ``closes``.
    days : tuple of str
        Of the week, from `DAYS`.
    zone : str
        A name of the IANA time zone database.
    country, subdivision : str
        ISO 3166 codes; their public holidays are not worked. An empty country has none.
    also_closed : tuple of datetime.date
        More days that are not worked.
    working_days : int
        From the day of the question until the answer is due.
    """

    opens: ClockTime = time(9)
    closes: ClockTime = time(17)
    days: tuple[str, ...] = DAYS[:5]
    zone: str = "Europe/London"
    country: str = "GB"
    subdivision: str = "ENG"
    also_closed: tuple[date, ...] = ()
    working_days: Annotated[int, msgspec.Meta(ge=1)] = 1


class HistoryRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When repeated breaches lead to a warning or a block.

    Attributes
    ----------
    window_days : int
        Breaches count for so long.
    forget_after_days : int
        Then they are deleted; at least 30 days after they stopped counting, so that a clock that jumps deletes nothing
        that still counts.
    points : dict of str to float
        What a breach weighs, by action; a category that is named here weighs so much whatever the action was. An action
        that is not named weighs 1 (hide), 2 (remove) or 4 (report).
    warn, block : float
        The points in the window from which each is recommended.
    """

    window_days: Days = 180
    forget_after_days: Days = 365
    points: dict[str, Points] = {}
    warn: Limit = 3.0
    block: Limit = 6.0

    def weight(self, action: str, categories: Sequence[str]) -> float:
        """The points of one breach: those of its gravest category.

        Examples
        --------
        >>> HistoryRules(points={"hide": 1, "off_topic": 0.5}).weight("hide", ["off_topic"])
        0.5
        """
        otherwise = self.points.get(action, ACTION_POINTS[action])
        return max((self.points.get(category, otherwise) for category in categories), default=otherwise)


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a policy file.

    Attributes
    ----------
    version : int
        Of the file's format.
    tuned_for : str
        The hash of the model that the thresholds were chosen for.
    confirm : tuple of str
        The actions that wait for a person, unless a category says otherwise.
    categories : dict of str to CategoryRule
    signposts : dict of str to float or SignpostRule
        The probability from which a signpost is shown, or that and where it leads.
    not_english : float
        The probability from which a comment goes to a person because of its language.
    clock : Clock
        By when an answer is due.
    public_contacts : PublicContacts
        The organisation's own contact points, which are nobody's personal details.
    history : HistoryRules
        When repeated breaches lead to a warning or a block.
    mode : {"act", "observe", "off"}
        Whether software may act; or actions are only worked out, for a trial: nothing is done and nobody is asked; or
        there are no actions at all. Whoever may need help now is shown to a person in every mode.
    protected : tuple of str
        Signposts of speech to protect: a comment that carries one waits for a person before any action.
    never_alone : tuple of str
        Categories of which every action waits for a person.
    rules : Rules
        Names and phrases.
    appeal : str
        How an author asks for a second look: it ends the sentence "If you think that this is a mistake, …".
    """

    version: int
    tuned_for: str = ""
    confirm: tuple[str, ...] = ("remove", "report")
    categories: dict[str, CategoryRule] = {}
    signposts: dict[str, Share | SignpostRule] = {}
    not_english: Share = 0.5
    clock: Clock = Clock()
    public_contacts: PublicContacts = PublicContacts()
    history: HistoryRules = HistoryRules()
    mode: str = "act"
    protected: tuple[str, ...] = ("complaint", URGENT)
    never_alone: tuple[str, ...] = ()
    rules: Rules = Rules()
    appeal: str = "please answer this message, and somebody will look at it again"

    def confirmed(self, category: str) -> frozenset[Action]:
        """The actions that wait for a person when this category calls for them."""
        if category in self.never_alone:
            return frozenset(Action) - {Action.NONE}
        rule = self.categories.get(category)
        names = self.confirm if rule is None or rule.confirm is None else rule.confirm
        return frozenset(Action[name.upper()] for name in names)

    def signpost_threshold(self, signpost: str) -> float:
        """The probability from which a signpost is shown; one that the file does not name is never shown."""
        rule = self.signposts.get(signpost, NEVER)
        return rule.threshold if isinstance(rule, SignpostRule) else rule
