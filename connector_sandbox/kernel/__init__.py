"""What all the sandbox's systems stand on: one process, one port per system, one clock, scripted faults."""
