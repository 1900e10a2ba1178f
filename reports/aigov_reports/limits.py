"""How much a report shows before it says how much more there is; a report that no browser opens helps nobody."""

LONGEST_TEXT = 2_000
"""Characters of one string; the rest is counted."""

OCCURRENCES_SHOWN = 10
"""Occurrences listed for a finding or an observation."""

GROUPS_SHOWN = 30
"""Groups of occurrences by type, file and pointer."""

ROWS_SHOWN = 500
"""Rows of any other table."""

FINDINGS_SHOWN = 2_000
"""Findings in the control matrix, and blocks above it."""

POINTS_DRAWN = 1_200
"""Points of one curve; longer ones keep the extremes of each stretch."""

TRACES_DRAWN = 6
"""Curves of one figure."""

SARIF_RESULTS = 5_000
"""Results of one SARIF run; code-scanning services refuse more."""

CELLS_DRAWN = 16_384
"""Cells of one image; a larger one is left out."""

RASTERS_DRAWN = 3
"""Images side by side."""

BARS_DRAWN = 20
"""Bars of one example."""
