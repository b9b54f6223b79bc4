"""The inbox: what systems and relays tell of changed records, checked, kept, and answered within a second."""
