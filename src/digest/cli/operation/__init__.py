"""Commands about the publication as a machine runs it."""
