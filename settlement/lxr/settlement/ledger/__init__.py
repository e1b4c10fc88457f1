"""The ledger itself: founded, governed, closed month by month, upgraded, succeeded."""
