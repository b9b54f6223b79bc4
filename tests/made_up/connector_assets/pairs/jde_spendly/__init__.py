"""JD Edwards with Spendly: business units out of JDE."""
