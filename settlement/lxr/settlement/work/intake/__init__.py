"""An employer's raw export becomes one row per employer, worker and day, with whole-number measures."""
