"""Datasets about contact files."""

from journeys_pipeline.catalog.datasets.words import DAY, JOURNEY, Column, Dataset, count, share, text

IMPORT_DATASETS: dict[str, Dataset] = {
    "imports": Dataset(
        "Contact files of the month in figures",
        {
            "files": count("Files fetched"),
            "total": count("Entries"),
            "valid": count("Valid entries"),
            "invalid": count("Invalid entries"),
            "valid_share": share("Valid share"),
            "connection_errors": count("Connection errors"),
        },
    ),
    "import_days": Dataset(
        "Entries of contact files per day of fetching",
        {
            "day": DAY,
            "valid": count("Valid"),
            "invalid": count("Invalid"),
            "files": count("Files fetched"),
            "connection_errors": count("Connection errors"),
        },
    ),
    "import_files": Dataset(
        "Contact files and connection errors, the newest first (F38-F45)",
        {
            "fetched_at": Column("Fetched, UTC", "time"),
            "connection": text("Connection"),
            "file": text("File"),
            **JOURNEY,
            "status": text("Status"),
            "total": count("Total"),
            "valid": count("Valid"),
            "invalid": count("Invalid"),
            "invalid_share": share("Invalid share"),
            "warning_line": share("Warning line"),
            "reasons": text("Reasons"),
        },
    ),
    "import_warnings": Dataset(
        "Files with invalid entries, beside their feed's warning line (F54)",
        {"file": text("File"), "invalid_share": share("Invalid share"), "warning_line": share("Warning line")},
    ),
    "import_reviews": Dataset(
        "Files to look at: over the warning line, refused, withdrawn, or not fetched",
        {
            "fetched_at": Column("Fetched, UTC", "time"),
            "file": text("File"),
            "connection": text("Connection"),
            "finding": text("What was found"),
        },
    ),
    "import_reasons": Dataset("Why entries are invalid (F53)", {"reason": text("Reason"), "entries": count("Entries")}),
    "import_contacts": Dataset(
        "Entries by the contact that their feed asks for",
        {
            "contact_type": text("Contact"),
            "files": count("Files"),
            "valid": count("Valid"),
            "invalid": count("Invalid"),
            "valid_share": share("Valid share"),
        },
    ),
    "import_journeys": Dataset(
        "Journeys that files feed", {**JOURNEY, "files": count("Files"), "valid": count("Valid entries")}
    ),
    "import_arrivals": Dataset(
        "When files are put on the server",
        {"weekday": text("Weekday"), "hour": text("Hour, UTC"), "files": count("Files")},
    ),
}
