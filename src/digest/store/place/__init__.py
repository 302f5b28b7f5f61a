"""Where the store lives: a backup, a copy, a move to the other database, each noticed."""
