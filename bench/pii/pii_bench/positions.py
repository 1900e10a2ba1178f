"""True values: where a person or a vehicle is, in degrees; the template gives the cue or the value the unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .draw import Draw


def _point(draw: Draw) -> tuple[float, float]:
    latitude, longitude = map(float, draw.word("anchors").split("/"))
    return latitude + draw.between(-300_000, 300_000) / 1e6, longitude + draw.between(-300_000, 300_000) / 1e6


def pair(draw: Draw) -> str:
    """Return latitude and longitude in one of the usual orders and separators."""
    latitude, longitude = (f"{value:.6f}" for value in _point(draw))
    return draw.one(f"{latitude},{longitude}", f"{latitude}, {longitude}", f"{longitude},{latitude}")


def with_unit(draw: Draw) -> str:
    """Return latitude and longitude with the signs of degrees or hemispheres."""
    latitude, longitude = _point(draw)
    return draw.one(
        f"{latitude:.5f}°N, {longitude:.5f}°E",
        f"{_sexagesimal(latitude)}N {_sexagesimal(longitude)}E",
        f"北纬{latitude:.4f}度，东经{longitude:.4f}度",
        f"N{latitude:.5f} E{longitude:.5f}",
    )


def _sexagesimal(value: float) -> str:
    seconds = round(value * 3600)
    return f"{seconds // 3600}°{seconds // 60 % 60:02}'{seconds % 60:02}\""


def latitude(draw: Draw) -> str:
    """Return a latitude."""
    return f"{_point(draw)[0]:.6f}"


def longitude(draw: Draw) -> str:
    """Return a longitude."""
    return f"{_point(draw)[1]:.6f}"


MAKERS = {
    "coordinates": pair,
    "coordinates.unit": with_unit,
    "coordinates.lat": latitude,
    "coordinates.lon": longitude,
}
