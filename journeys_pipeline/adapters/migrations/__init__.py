"""Warehouse revisions, run by alembic."""
