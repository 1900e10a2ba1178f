"""A seeded generator of labelled industrial text, and a scorer for tools that look for personal data and secrets."""
