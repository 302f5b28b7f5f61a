"""Pictures at their places in a letter: `desk` finds and shows them, `retouching` fits them in."""
