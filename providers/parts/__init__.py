"""Parts of adapters that are long and their own: a part knows no adapter."""
