"""Accelerators of this machine as files: what a process that uses one must reach."""

from __future__ import annotations

from pathlib import Path

_NODES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "nvidia[0-9]*", "kfd", "dri/render*")
_ASKED = (
    "/proc/driver/nvidia",
    "/proc/devices",
    "/sys/bus/pci",
    "/sys/devices",
    "/sys/module/nvidia",
    "/sys/class/kfd",
)


def is_accelerator(device: str) -> bool:
    """Return whether a device is not the CPU."""
    return device.partition(":")[0] != "cpu"


def nodes() -> tuple[Path, ...]:
    """Return the device files of accelerators that this machine has."""
    return tuple(path for pattern in _NODES for path in sorted(Path("/dev").glob(pattern)))


def asked_by_drivers() -> tuple[Path, ...]:
    """Return files and folders in which drivers read about their devices."""
    return tuple(path for path in map(Path, _ASKED) if path.exists())
