"""Alembic's way in: migrate on the connection we are given, in its transaction."""

from alembic import context

from digest.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
