"""Recognizers of Presidio that would use the network or know no Chinese region, made so that they do neither."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aigov import UnsupportedInputError, msg, need

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PHONE = "PhoneRecognizer"
_EMAIL = "EmailRecognizer"


def offline(kind: Any, options: Sequence[str]) -> Any:  # presidio has no types
    """Return a recognizer; telephone numbers take regions such as `CN` as options.

    E-mail addresses are checked against the list of public suffixes that tldextract brings with it, never a newer one.

    Raises:
        UnsupportedInputError: `phonenumbers` knows no such region.
    """
    if kind.__name__ == _PHONE:
        return kind(supported_regions=_regions(options)) if options else kind()
    if kind.__name__ == _EMAIL:
        return _with_own_list(kind)()
    return kind()


@cache
def _with_own_list(kind: Any) -> Any:  # a class that is known only when Presidio is there
    extract = _extractor()

    def validate_result(_self: object, pattern_text: str) -> bool:
        return bool(extract(pattern_text).fqdn)

    return type(kind.__name__, (kind,), {"validate_result": validate_result})


@cache
def _extractor() -> Callable[[str], Any]:  # tldextract has no types here
    extract: Callable[[str], Any] = need("tldextract", "pii").TLDExtract(suffix_list_urls=(), cache_dir=None)
    return extract


def _regions(options: Sequence[str]) -> tuple[str, ...]:
    known = need("phonenumbers", "pii").SUPPORTED_REGIONS
    for region in options:
        if region not in known:
            raise UnsupportedInputError(msg("data.presidio-region", region=region))
    return tuple(options)
