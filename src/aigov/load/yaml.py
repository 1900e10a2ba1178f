"""YAML from untrusted hands to plain values: PyYAML's event stream, our own and smaller schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aigov.i18n import msg
from aigov.load.node import Node, Source, Tree, shorten
from aigov.load.scalar import NotANumberError, plain, tagged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml import YAMLError
    from yaml.events import CollectionStartEvent, Event, NodeEvent, ScalarEvent

    from aigov.errors import InputError
    from aigov.load.scalar import Scalar

_TAG = "tag:yaml.org,2002:"
_MERGE = "<<"
_LIBRARY_DEPTH = "exceeded maximum nesting depth"
"""What libyaml says of a flow that is deeper than its own limit, which is far beyond ours, before we see any of it."""


def read_yaml(source: Source) -> Node | None:
    """Return the tree of the one document in a YAML text, or None where there is none.

    Keys are text as written. Aliases are expanded and count each time; an alias inside its own anchor, merge keys,
    keys that are lists or mappings, and tags outside the core schema are refused.

    Raises:
        InputError: bad syntax, a limit, or anything refused; with the line.
    """
    import yaml  # keeps `aigov --help` fast

    tree = Tree(source)
    anchors: dict[str, Node] = {}
    try:
        for event in _events(source.text):
            _take(event, tree, anchors)
    except yaml.YAMLError as error:
        raise _syntax_error(error, source) from error
    except OverflowError as error:  # the pure parser on "\UFFFFFFFF"
        raise source.error(msg("load.syntax", problem="character escape out of range"), None) from error
    return tree.root


def _events(text: str) -> Iterator[Event]:
    import yaml  # see above

    return yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _take(event: Event, tree: Tree, anchors: dict[str, Node]) -> None:
    from yaml import events  # see above

    line = tree.source.line(event.start_mark.index if event.start_mark else 0)
    match event:
        case events.ScalarEvent() if tree.wants_key:
            _take_key(event, tree, line)
        case events.ScalarEvent():
            node = Node(line, _scalar(event, tree, line))
            _remember(event, node, anchors)
            tree.add(node, line)
        case events.CollectionStartEvent():
            _open(event, tree, anchors, line)
        case events.AliasEvent():
            _alias(event.anchor or "", tree, anchors, line)
        case events.CollectionEndEvent():
            tree.close()
        case events.DocumentStartEvent() if tree.root is not None:
            raise tree.source.error(msg("load.several-documents"), line, msg("load.several-documents.hint"))
        case _:
            pass


def _take_key(event: ScalarEvent, tree: Tree, line: int) -> None:
    if event.value == _MERGE and event.implicit[0]:
        raise tree.source.error(msg("load.merge-key"), line, msg("load.merge-key.hint"))
    if event.anchor is not None:
        raise tree.source.error(msg("load.anchored-key", key=shorten(event.value)), line)
    tree.take_key(event.value, line)


def _scalar(event: ScalarEvent, tree: Tree, line: int) -> Scalar:
    text: str = event.value
    tree.check_text(text, line)
    tag = event.tag
    try:
        if tag is None:
            return plain(text) if event.implicit[0] else text
        if tag == "!":
            return text
        if tag.startswith(_TAG):
            return tagged(tag.removeprefix(_TAG), text)
    except NotANumberError as error:
        raise tree.source.error(msg("load.not-finite", value=shorten(text)), line) from error
    except ValueError as error:
        raise _tag_error(tag, tree, line) from error
    raise _tag_error(tag, tree, line)


def _open(event: CollectionStartEvent, tree: Tree, anchors: dict[str, Node], line: int) -> None:
    from yaml.events import SequenceStartEvent  # see above

    if tree.wants_key:
        raise tree.source.error(msg("load.complex-key"), line)
    is_list = isinstance(event, SequenceStartEvent)
    expected = "seq" if is_list else "map"
    if event.tag is not None and event.tag not in ("!", _TAG + expected):
        raise _tag_error(event.tag, tree, line)
    node = Node(line, items=[]) if is_list else Node(line, pairs={})
    _remember(event, node, anchors)
    tree.open(node)


def _alias(name: str, tree: Tree, anchors: dict[str, Node], line: int) -> None:
    node = anchors.get(name)
    if node is None:
        raise tree.source.error(msg("load.unknown-alias", name=shorten(name)), line)
    if not node.done:
        raise tree.source.error(msg("load.recursive-alias", name=shorten(name)), line)
    if tree.wants_key:
        raise tree.source.error(msg("load.complex-key"), line)
    tree.add(node, line)


def _remember(event: NodeEvent, node: Node, anchors: dict[str, Node]) -> None:
    if event.anchor is not None:
        anchors[event.anchor] = node


def _tag_error(tag: str | None, tree: Tree, line: int) -> InputError:
    return tree.source.error(msg("load.tag", tag=shorten(tag or "!")), line, msg("load.tag.hint"))


def _syntax_error(error: YAMLError, source: Source) -> InputError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or ""
    if mark is None:
        return source.error(msg("load.syntax", problem=shorten(problem, 120)), None)
    line = source.line(mark.index)
    if problem == _LIBRARY_DEPTH:
        return source.error(msg("load.too-deep", limit=source.limits.depth), line)
    if _tab_at(source, mark.index, line):
        return source.error(msg("load.tab"), line, msg("load.tab.hint"))
    return source.error(msg("load.syntax", problem=shorten(problem, 120)), line)


def _tab_at(source: Source, index: int, line: int) -> bool:
    start = source.breaks[line - 2] if line > 1 else 0
    written = source.text[start:].split("\n", 1)[0]
    indent = written[: len(written) - len(written.lstrip(" \t"))]
    return "\t" in indent or source.text[index : index + 1] == "\t"
