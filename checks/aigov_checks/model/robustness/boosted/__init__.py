"""Gradient-boosted trees of XGBoost and LightGBM, read from their files as plain data; neither library is needed."""

SUFFIXES = (".json", ".ubj", ".txt", ".model", ".xgb", ".bst", ".lgb", ".lgbm")
"""Names under which models of these libraries are kept; the content decides."""
