"""Commands that let a letter leave, and that tell what became of it."""
