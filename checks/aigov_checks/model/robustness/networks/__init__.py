"""Networks that torch itself runs: TorchScript, torch.export, Keras on torch, and live modules."""
