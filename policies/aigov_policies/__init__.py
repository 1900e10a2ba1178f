"""Rule files of aigov; data only."""
