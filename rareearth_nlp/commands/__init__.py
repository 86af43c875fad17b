"""The command line: `cli` reads it, one function per command does it."""
