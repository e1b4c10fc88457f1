"""What is read out of the ledger: lookups, statements of account, vouchers."""
