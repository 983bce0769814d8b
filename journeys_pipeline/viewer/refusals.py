"""The ways in which a visitor is sent away, each with what to do about it (F101)."""

from collections.abc import Collection

from journeys_pipeline.tiers import Tier


class Refusal(Exception):
    """What the visitor gets instead."""

    def __init__(self, status: int, title: str, text: str, *, ask: str = "") -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.text = text
        self.ask = ask


class TermsOpen(Exception):
    """The account's terms stand before all else (F92)."""

    def __init__(self, account_id: str) -> None:
        super().__init__(account_id)
        self.account_id = account_id


def nobody() -> Refusal:
    """The request names no user, or did not come by the proxy."""
    text = "This request names no user. Open the address that you were given, and log in there."
    return Refusal(401, "Please log in", text)


def not_here() -> Refusal:
    """There is no such page, or not for this visitor: nothing in the answer tells which."""
    text = "There is no such page here, or it is not yours to see. Check the address, or begin at the start."
    return Refusal(404, "Not found", text)


def no_account(user: str, *, ask: str) -> Refusal:
    """The visitor is known, and a reader of no account."""
    text = f"You are logged in as {user}, who is no reader of any account yet."
    return Refusal(403, "No dashboards for you yet", text, ask=ask)


def no_terms(*, ask: str) -> Refusal:
    """The account has no terms, so nobody can have accepted them (F92)."""
    text = "Nothing is shown before an account's terms are accepted, and this account has no terms yet."
    return Refusal(403, "No terms yet", text, ask=ask)


def other_role(labels: Collection[str], *, ask: str) -> Refusal:
    """The page is for other roles than the visitor's (F76)."""
    text = f"This page is for the role {' or '.join(sorted(labels))}. You do not have it."
    return Refusal(403, "Not for your role", text, ask=ask)


def other_tier(tiers: Collection[Tier], tier: Tier, *, ask: str) -> Refusal:
    """The page comes with other packages than the account's (F86-F89)."""
    named = " or ".join(known.value for known in Tier if known in tiers)
    text = f"This page comes with the package {named}. The account is on {tier.value}."
    return Refusal(403, "Not in your package", text, ask=ask)


def foreign_form() -> Refusal:
    """A form that was not sent from a page of ours."""
    text = "The form did not come from this site. Open the page here, and send it again."
    return Refusal(403, "Not from here", text)


def bad_form(text: str) -> Refusal:
    """A form that no page of ours would send."""
    return Refusal(400, "The form could not be read", text)


def no_pages(*, ask: str) -> Refusal:
    """Nothing was published for the account yet."""
    text = "No dashboards have been made for this account yet. They come with its first refresh."
    return Refusal(404, "No dashboards yet", text, ask=ask)


def being_renewed() -> Refusal:
    """The page's bytes are not those that were published: another edition is on its way."""
    return Refusal(503, "Being renewed", "A new edition of this page is being published. Try again in a moment.")
