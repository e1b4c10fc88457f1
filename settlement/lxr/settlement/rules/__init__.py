"""Rules of law: the dated tables that ship, what a ledger has of them, what is missing and what expires."""
