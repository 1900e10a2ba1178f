"""Models that predict a value: how far it can be moved within the budget, found and proved."""
