"""The contracts. Pure: the same call on the same state gives the same bytes on every node."""
