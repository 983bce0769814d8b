#!/bin/sh
# Copies the warehouse and all of JOURNEYS_HOME into a new folder, while the pipeline is at work:
#
#   JOURNEYS_HOME=/var/lib/journeys deploy/backup.sh /backup/2026-11-27
#
# docs/operations.md tells what the copy is good for, what else has to be kept, and how to put it back. The order matters:
# what refers to something is copied before it, so that whatever a copied row tells of is in the copy, too. On PostgreSQL
# (JOURNEYS_WAREHOUSE_URL) the password is best in ~/.pgpass, for a URL with it is seen in the list of processes.
set -eu
umask 077
home=${JOURNEYS_HOME:?set it to the folder to copy}
to=${1:?name a new folder for the copy}
mkdir "$to"

archive() { # files that came or went meanwhile are no error (tar ends with 1): the next backup has them
  tar -C "$home" -cf "$@" || [ $? -eq 1 ]
}

case ${JOURNEYS_WAREHOUSE_URL:-} in
  postgresql*) pg_dump --format=custom --file="$to/warehouse.dump" \
    "postgresql:${JOURNEYS_WAREHOUSE_URL#*:}" ;;
  *) sqlite3 "$home/warehouse.sqlite" ".timeout 60000" "VACUUM INTO '$to/warehouse.sqlite'" ;;
esac
# Logs before the files that they name. The hint where to begin reading a log may be younger than the log's copy.
if [ -d "$home/lake" ]; then
  archive "$to/lake-logs.tar" --exclude=_last_checkpoint $(cd "$home" && find lake -type d -name _delta_log)
  archive "$to/lake.tar" --exclude=_delta_log lake
fi
archive "$to/files.tar" --exclude=./lake --exclude='./warehouse.sqlite*' --exclude=./scratch --exclude=./dagster .
