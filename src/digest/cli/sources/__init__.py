"""Commands about where articles come from."""
