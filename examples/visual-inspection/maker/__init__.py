"""What makes the visual-inspection example: surfaces, pictures, model, papers and planted faults, one idea a module."""
