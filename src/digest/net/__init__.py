"""The one guarded way to the network: http(s), bounded in time and size, public hosts only."""

from digest.net.fetch import Fetched, Fetcher

__all__ = ["Fetched", "Fetcher"]
