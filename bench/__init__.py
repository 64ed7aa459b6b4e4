"""The benchmarks: how fast the house is on this machine, beside its targets and its peers."""
