"""When figures were made, and which days files touched."""

import dataframely as dy


class Refreshes(dy.Schema):
    """One row per account and day: when its figures were last made (F90)."""

    account_id = dy.String(primary_key=True)
    day = dy.Date(primary_key=True)
    tier = dy.String()
    as_of = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the run")
    begun_at = dy.Datetime(time_unit="us", time_zone="UTC", description="When the run was created, by the wall clock")


class Bookings(dy.Schema):
    """One row per account and month: when its ledger and monthly figures were last brought up to the facts.

    A month whose days were refreshed by a later run waits to be booked.
    """

    account_id = dy.String(primary_key=True)
    month = dy.Date(primary_key=True)
    as_of = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the run")
    begun_at = dy.Datetime(time_unit="us", time_zone="UTC", description="When the run was created, by the wall clock")


class TouchedDays(dy.Schema):
    """One row per account and day whose figures a file changed; they are late if a refresh began before."""

    account_id = dy.String(primary_key=True)
    day = dy.Date(primary_key=True)
    touched_at = dy.Datetime(
        time_unit="us", time_zone="UTC", description="When the newest such file had been read, by the wall clock"
    )
    files = dy.Int64(nullable=True, min=0, description="Files that touched the day since its figures were last made")
    file_id = dy.String(nullable=True, description="The newest of them, see LandedFiles")
