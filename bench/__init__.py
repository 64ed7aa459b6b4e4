"""The benchmarks: how fast Inlet is on this machine, beside its targets and its peers."""
