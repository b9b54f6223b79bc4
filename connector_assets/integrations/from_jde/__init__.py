"""JD Edwards records as documents, in neutral terms: what every integration that reads JDE shares."""
