"""What operators see and mend, over HTTP: one file per topic."""
