"""The command line: parse, call the library, choose the exit code. A command is loaded when it is called."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
from enum import IntEnum
from typing import TYPE_CHECKING, NoReturn

import click

from aigov.cli.settings import complain, default_settings, shared_options

if TYPE_CHECKING:
    from types import TracebackType

    from aigov.errors import AigovError

_COMMANDS = {
    "audit": "Audit the subjects at PATH and write reports.",
    "check": "Run one check without a policy.",
    "redact": "Write a copy of data sets without personal data and secrets.",
    "init": "Write an aigov.yaml and a record from what is found in a folder.",
    "list": "List checks, policies or report formats.",
    "explain": "Explain a check: what it measures, how, and its limits.",
    "policy": "Check policy files for mistakes, or show one.",
    "record": "Check a transparency record against its schema.",
    "key": "Make, show, replace or deny a signing key.",
    "sign": "Sign a model or a folder.",
    "timestamp": "Ask for or attach a trusted timestamp of a signature.",
    "verify": "Verify the signature of a model or a folder.",
    "diff": "Compare two models tensor by tensor.",
    "report": "Render a stored assessment again, in another format or language.",
    "doctor": "Say what is installed, what would not be assessed, and why.",
}
_COLLECTED_AFTER = 50_000
"""New objects after which garbage is looked for; with the usual 700 it is done dozens of times while modules load."""
_MODULES = {"list": "list_", "record": "record_"}


class Exit(IntEnum):
    """Exit codes; the output format never changes them."""

    CONFORMANT = 0
    FAILED = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the commands in the order of a user's day."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import one command."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"aigov.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        _add_shared(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="aigov", message="aigov %(version)s")
def cli() -> None:
    """Audit industrial AI: measure models and their data, judge against policies, report.

    Exit codes: 0 conformant; 1 something failed; 2 usage, configuration or unreadable input; 3 nothing failed, but
    something is inconclusive, not assessed, in error or awaits a person; 130 interrupted.
    """


cli.params.extend(shared_options())


def main() -> None:
    """Run the command line and exit."""
    sys.excepthook = _last_words
    gc.set_threshold(_COLLECTED_AFTER)
    _leave(run(sys.argv[1:]))


def _leave(code: int) -> NoReturn:
    """Exit; where nothing else runs, without taking every module down, which is a tenth of a short command."""
    import threading  # start-up time

    if threading.active_count() == 1:
        try:
            atexit._run_exitfuncs()  # noqa: SLF001  # what the interpreter would call
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):  # a reader that went away, a stream that is closed: said as always
            sys.exit(code)
        os._exit(code)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code; every error becomes one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    root = click.Context(cli, info_name="aigov", obj=default_settings())
    try:
        return _invoke(root, arguments)
    except (KeyboardInterrupt, click.Abort):
        _say_interrupted(root)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return Exit.INCOMPLETE


def _invoke(root: click.Context, arguments: list[str]) -> int:
    """Run a command; what it returns, or how it ended, is the exit code."""
    try:
        with root:
            cli.parse_args(root, arguments)
            code = cli.invoke(root)
            return code if isinstance(code, int) else Exit.CONFORMANT
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show(sys.stderr)
        return Exit.USAGE
    except _own_errors() as error:
        if getattr(root.obj, "debug", False):
            raise
        _say_error(error, root)
        return _code_of(error)


def _code_of(error: AigovError) -> int:
    """Return 1 for what was looked at and found wanting, 2 for what could not be looked at."""
    from aigov.errors import NonConformant, SignatureError

    return Exit.FAILED if isinstance(error, SignatureError | NonConformant) else Exit.USAGE


def _own_errors() -> type[AigovError]:
    """Return what the library raises on purpose; imported only when something was raised."""
    from aigov.errors import AigovError

    return AigovError


def _say_error(error: AigovError, root: click.Context) -> None:
    from aigov.i18n import msg, say

    word = click.style(say(msg("cli.error"), root.obj.lang), fg="red", bold=True)
    complain(error.sentence(root.obj.lang), f"{word}: ")


def _say_interrupted(root: click.Context) -> None:
    from aigov.i18n import msg, say

    click.echo(f"\n{say(msg('cli.interrupted'), root.obj.lang)}", err=True)


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say in one line that aigov itself broke; the traceback only on request, and never exit code 1."""
    if "--debug" in sys.argv:
        sys.__excepthook__(kind, error, trace)
    else:
        click.echo(
            f"error: aigov itself broke ({kind.__name__}) and concluded nothing. Run again with --debug and report it.",
            err=True,
        )
    sys.exit(int(Exit.INCOMPLETE))


def _add_shared(command: click.Command) -> None:
    known = {parameter.name for parameter in command.params}
    command.params.extend(option for option in shared_options() if option.name not in known)
    if isinstance(command, click.Group):
        for child in command.commands.values():
            _add_shared(child)
