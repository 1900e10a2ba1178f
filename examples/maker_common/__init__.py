"""What the examples share: attacking and training networks, ONNX files, keys, records, and when a build is skipped."""
