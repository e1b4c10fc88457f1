"""The formats of files that are exchanged with banks."""
