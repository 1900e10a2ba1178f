"""Checks of transparency records: what they leave unsaid, and whether what they say is so."""
