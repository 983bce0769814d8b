"""A program that sends the mails that are due; a server may kill it on the way."""

import sys
from pathlib import Path

from journeys_pipeline_tests.mailing_worlds import MailingWorld

if __name__ == "__main__":
    MailingWorld(Path(sys.argv[1]), int(sys.argv[2])).send()
