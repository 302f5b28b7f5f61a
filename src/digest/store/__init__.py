"""The store: tables, queries and migrations, on SQLite or PostgreSQL; and files written whole.

No domain decisions.
"""
