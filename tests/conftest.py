"""Fixtures for every room."""

from tests.postgres import postgres_cluster, postgres_url, store_url

__all__ = ["postgres_cluster", "postgres_url", "store_url"]
