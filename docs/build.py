"""Pages that are generated from the code: one a check, from its docstring and parameters. `--check` fails on drift."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any, get_type_hints

from detector_table import detector_page

from aigov.check import SECTIONS, Check
from aigov.cli.explain import field_docs
from aigov.i18n import msg, say
from aigov.parameters import describe_type
from aigov.registry import installed_checks

FOLDER = Path(__file__).parent / "checks"


def page(check: Check[Any]) -> str:
    """Return the page of one check in Markdown."""
    lines = [f"# {check.title}", "", f"`{check.id}`, version {check.version}. Looks at: {', '.join(check.inputs)}.", ""]
    if check.extras:
        lines += [f'Needs `pip install "aigov[{",".join(check.extras)}]"`.', ""]
    for heading, section in SECTIONS.items():
        lines += [f"## {heading}", "", check.doc.get(section, ""), ""]
    lines += ["## Measurements", "", "| name | unit | in words |", "|---|---|---|"]
    lines += [
        f"| `{name}` | {unit} | {say(msg(f'measurement.{name}', name=name))} |" for name, unit in check.measures.items()
    ]
    lines += ["", "## Parameters", "", "| name | type | default | meaning |", "|---|---|---|---|"]
    docs, hints = field_docs(check.params), get_type_hints(check.params)
    for field in dataclasses.fields(check.params):
        meaning = docs.get(field.name, "").replace("\n", " ").replace("|", "\\|")
        kind = describe_type(hints[field.name]).replace("|", "\\|")
        lines.append(f"| `{field.name}` | {kind} | `{field.default!r}` | {meaning} |")
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` say which are not as the code has them."""
    pages = {
        FOLDER / f"{id_}.md": page(item.check)
        for id_, item in installed_checks().items()
        if item.distribution == "aigov"
    }
    pages[FOLDER.parent / "detectors.md"] = detector_page()
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    strange = [path for path in FOLDER.glob("*.md") if path not in pages]
    if "--check" in arguments:
        for path in (*stale, *strange):
            print(f"{path.relative_to(FOLDER.parent)} is not as the code has it: make docs")
        return 1 if stale or strange else 0
    FOLDER.mkdir(exist_ok=True)
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    for path in strange:
        path.unlink()
    print(f"{len(pages)} pages in {FOLDER.relative_to(FOLDER.parents[1])}, {len(stale)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
