"""What people feeds say about persons, and the one person that each id stands for (D6, D23)."""

import dataframely as dy
import polars as pl

PROFILE, MERGE, DELETION = "profile", "merge", "deletion"
CHANGE_TYPES = [PROFILE, MERGE, DELETION]


class PeopleChanges(dy.Schema):
    """One row per accepted record of a people feed: a profile, a merge of two persons, or a deletion (D7)."""

    account_id = dy.String(primary_key=True)
    change_id = dy.String(primary_key=True, description="Hash of what the record says; said again, it is the same row")
    change_type = dy.String(description="profile, merge or deletion", check=lambda c: c.is_in(CHANGE_TYPES))
    person_id = dy.String(description="Whose profile or deletion it is; of a merge, the person that is no more")
    survivor_id = dy.String(nullable=True, description="Of a merge: the person that goes on")
    phone = dy.String(nullable=True, description="Of a profile, E.164; null if there is none or it is not valid")
    email = dy.String(nullable=True, description="Of a profile, lower case; null if there is none or it is not valid")
    changed_at = dy.Datetime(time_unit="us", time_zone="UTC", description="When it happened, as the platform says")
    read_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the run that read it first")
    file_id = dy.String()
    row_number = dy.Int64(min=1)
    day = dy.Date(description="UTC day on which the file was fetched")

    @dy.rule()
    def merge_has_survivor(cls) -> pl.Expr:
        """A record has a survivor exactly when it is a merge."""
        return pl.col("survivor_id").is_not_null() == (pl.col("change_type") == MERGE)


class Identities(dy.Schema):
    """One row per person id that stands for another: merged persons, and persons known by a contact only (D6, D23)."""

    account_id = dy.String(primary_key=True)
    person_id = dy.String(primary_key=True, description="An id that facts may hold")
    resolved_person_id = dy.String(description="The person that it stands for; never a `person_id` of this table")
