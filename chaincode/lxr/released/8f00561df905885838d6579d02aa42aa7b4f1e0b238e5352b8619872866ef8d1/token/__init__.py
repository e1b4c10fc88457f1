"""The money: fen, accounts, the journal, and what may move where."""
