"""Measuring a model in the sandbox: what crosses into it, what runs there, what comes back."""
