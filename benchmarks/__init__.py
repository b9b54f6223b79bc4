"""What ml-connector is measured against, and how: `make bench`."""
