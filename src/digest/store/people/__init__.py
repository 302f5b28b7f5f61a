"""Who is written to, and how many at once come in from a file."""
