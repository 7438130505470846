"""The command line, the start-up, the synthetic world, the benchmarks."""
