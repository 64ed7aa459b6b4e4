"""What operators see and mend: the API under `/api/ops` and the pages under `/ops`."""
