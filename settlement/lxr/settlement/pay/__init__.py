"""Pay: paydays, deductions, and what was overpaid."""
