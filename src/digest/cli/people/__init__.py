"""Commands about readers and sponsors."""
