"""What a reader of an account's dashboards may be (F76)."""

from enum import StrEnum


class Role(StrEnum):
    """A reader's role in an account; one reader may have several."""

    VIEWER = "viewer"
    ANALYZE_MANAGER = "analyze_manager"
    COMMUNICATION_MANAGER = "communication_manager"

    @property
    def label(self) -> str:
        """The role as people call it: "Analyze manager"."""
        return self.value.replace("_", " ").capitalize()


MEP_ROLES = frozenset({Role.ANALYZE_MANAGER, Role.COMMUNICATION_MANAGER})
"""Who may see MEP consumption and ask for its reports (F76, F83)."""
