"""Statements as banks' portals export them: tables, read by a layout of the bank's."""
