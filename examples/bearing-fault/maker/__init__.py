"""What makes the bearing-fault example: physics, data, model, papers and planted faults, one idea a module."""
