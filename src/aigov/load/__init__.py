"""From files to values of the vocabulary: bounded, with the line of everything that was read."""
