"""The commands, one module for each group. A command reads its words, calls one service, and shows the answer."""
