"""Checks of the area `model.`."""
