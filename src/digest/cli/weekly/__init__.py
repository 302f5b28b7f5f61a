"""Commands about the week's edition, from candidates to an approved letter."""
