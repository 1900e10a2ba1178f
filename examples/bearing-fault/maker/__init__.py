"""What makes the bearing-fault example: physics, data, models, papers and planted faults, one idea a module."""
