"""Who may read an account's dashboards, and under which terms (F76, F91-F93, F101)."""

import hashlib
from collections.abc import Collection
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from journeys_pipeline.catalog.values import GroupName, LongText, Text, UserName
from journeys_pipeline.roles import Role


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Reader(_Model):
    """A user, or all users of a group, with the roles that they have in the account."""

    user: UserName | None = None
    group: GroupName | None = None
    roles: Annotated[list[Role], Field(min_length=1)]

    def is_for(self, user: str, groups: Collection[str]) -> bool:
        """Whether a user of these groups is meant; the capitals of a user's name do not matter."""
        return (self.user is not None and self.user.lower() == user.lower()) or self.group in groups


class Terms(_Model):
    """What a reader accepts before anything is shown (F92)."""

    version: Text
    text: LongText

    @property
    def text_sha256(self) -> str:
        """What tells the text from any other, under whatever version (F93)."""
        return hashlib.sha256(self.text.encode()).hexdigest()
