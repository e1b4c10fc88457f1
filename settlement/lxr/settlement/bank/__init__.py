"""Money in and out: the bank's files, cash-outs, deposits, statements and their reconciliation."""
