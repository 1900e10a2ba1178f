"""Gradient-boosted trees of XGBoost, LightGBM and CatBoost, read as plain data; no library is needed."""

SUFFIXES = (".json", ".ubj", ".txt", ".model", ".xgb", ".bst", ".lgb", ".lgbm", ".cbm")
"""Names under which models of these libraries are kept; the content decides."""
