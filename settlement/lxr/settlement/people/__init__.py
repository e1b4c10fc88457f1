"""Persons: who the workers are, their keys and accounts, and how they are forgotten."""
