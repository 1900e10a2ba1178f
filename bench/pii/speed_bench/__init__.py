"""What `bench/pii/speed.py` measures: texts, ways to scan them, and Presidio beside them."""
