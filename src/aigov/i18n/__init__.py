"""Messages and the words for them: gettext catalogues in English and Chinese.

This package knows nothing else of aigov. Message ids are stable and untranslated in every machine
format; `say` puts a message into a language. A catalogue is `<package>/locale/<lang>/LC_MESSAGES/*.mo`;
packs of checks and reporters bring their own, found beside their entry point.
"""

from aigov.i18n.catalogue import say, say_all, title_of
from aigov.i18n.frozen import FrozenMap
from aigov.i18n.message import Arg, Message, Quantity, Text, msg
from aigov.tongues import LANGUAGES, language

__all__ = [
    "LANGUAGES",
    "Arg",
    "FrozenMap",
    "Message",
    "Quantity",
    "Text",
    "language",
    "msg",
    "say",
    "say_all",
    "title_of",
]
