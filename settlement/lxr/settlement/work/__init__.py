"""Work data: batches, corrections, the workers' answers, disputes."""
