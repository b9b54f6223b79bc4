"""Spendly, a system that there is not: what a new system has to bring, and nothing else."""
