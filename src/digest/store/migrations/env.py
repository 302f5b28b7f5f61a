"""Runs the migrations on the engine that `digest.store.database` hands over.

All of them in one transaction that begins by taking the store for itself: a process killed within
leaves nothing half made, and a second one waits and finds the work done.
"""

from alembic import context

from digest.store.tables import metadata

#: Any number, as long as nobody else takes it.
_ADVISORY_LOCK = 4_620_251_122

with context.config.attributes["engine"].connect() as connection:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
