"""The languages of the product. This module imports nothing, because every start of the command line does."""

LANGUAGES = ("en", "zh-CN")


def language(wanted: str | None) -> str:
    """Return the language of the product nearest to a tag such as `zh_CN.UTF-8`, English by default."""
    return "zh-CN" if (wanted or "").lower().startswith("zh") else "en"
