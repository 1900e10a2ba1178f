"""What makes the soft-sensor example: a distillation column, its instruments, data, model and papers."""
