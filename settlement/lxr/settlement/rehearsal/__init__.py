"""To rehearse with: a simulated bank, and months that are made up."""
