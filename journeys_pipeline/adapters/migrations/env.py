"""Runs migrations on the connection that the warehouse hands over."""

from alembic import context

from journeys_pipeline.adapters.warehouse import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)

with context.begin_transaction():
    context.run_migrations()
