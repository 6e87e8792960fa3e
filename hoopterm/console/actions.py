"""The one registry of keys: footer, help, palette and bindings are all made from it.

An action `approve` of scope APPROVALS is the method `action_approve` of the approvals screen; those of scope APP
belong to the application, those of scope MOVE to whatever list or document has the focus, those of GRID to a terminal,
those of TYPING to an editor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from textual.binding import Binding, BindingType
from textual.keys import _character_to_key


class Scope(StrEnum):
    """Where an action lives; the value is its heading in help."""

    OVERVIEW = "Overview"
    APPROVALS = "Approvals"
    SESSIONS = "Sessions"
    WATCH = "Watch"
    REPLAY = "Replay"
    MARKERS = "Markers"
    EVIDENCE = "Evidence"
    EXPORT = "Export"
    RECORDINGS = "Recordings"
    POLICY = "Policy"
    TYPING = "While typing"
    PATCH = "Patch"
    HISTORY = "History"
    BACKTEST = "Backtest"
    SUGGEST = "Suggested rules"
    READER = "Full text"
    AUDIT = "Audit"
    TARGETS = "Targets and agents"
    ENTRY = "Audit entry"
    SCREEN = "Any screen"
    FILTER = "Filter"
    MOVE = "Moving"
    GRID = "Terminal"
    APP = "Console"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do.

    `keys` are Textual's names, `shown` what the footer prints. `weight` orders the footer (highest first; 0: not
    there). `needs_live` actions are off while the picture is stale.
    """

    id: str
    scope: Scope
    keys: tuple[str, ...]
    shown: str
    label: str
    help: str
    weight: int = 0
    needs_live: bool = False

    @property
    def name(self) -> str:
        """What twins, keymaps and Textual know it by: `approvals.approve`, `app.replay`, `move.page_down`."""
        own = self.id if "(" not in self.id else self.label.lower().replace(" ", "_")
        return f"{self.scope.name.lower()}.{own}"


def _action(
    scope: Scope, id: str, keys: str, shown: str, label: str, help: str, weight: int = 0, live: bool = False
) -> Action:
    return Action(id, scope, tuple(keys.split()), shown, label, help, weight, live)


_S = Scope
ACTIONS: tuple[Action, ...] = (
    _action(_S.OVERVIEW, "open", "enter", "enter", "open", "Go to the review, the session or the target", 90),
    _action(_S.APPROVALS, "approve", "a", "a", "approve…", "Approve the held operation; asks first", 99, True),
    _action(_S.APPROVALS, "deny", "d", "d", "deny…", "Deny the held operation; asks first", 98, True),
    _action(_S.APPROVALS, "read", "enter", "enter", "full text", "Read the whole statement", 60),
    _action(_S.APPROVALS, "watch", "w", "w", "watch session", "Watch the session it came from", 50),
    _action(_S.APPROVALS, "scroll_down", "J", "J", "scroll", "Scroll the detail down"),
    _action(_S.APPROVALS, "scroll_up", "K", "K", "scroll", "Scroll the detail up"),
    _action(_S.SESSIONS, "open", "enter w", "enter", "watch", "Watch a live session; replay a past one", 90),
    _action(_S.SESSIONS, "terminate", "x", "x", "terminate…", "End the session; asks first", 70, True),
    _action(_S.SESSIONS, "lock", "L", "L", "lock…", "Stop who runs it until they are unlocked; asks first", 65, True),
    _action(_S.SESSIONS, "replay", "r", "r", "replay", "Replay the session's recording", 60),
    _action(_S.WATCH, "pause", "space p", "space", "pause", "Stop or resume the picture; nothing is lost", 90),
    _action(_S.WATCH, "view", "v", "v", "view", "Change between the terminals and the log of statements"),
    _action(_S.WATCH, "follow", "f G end", "f", "follow", "Go to the newest statement and stay there", 80),
    _action(_S.WATCH, "read", "enter", "enter", "full text", "Read the whole statement", 60),
    _action(_S.WATCH, "decide", "a", "a", "decide", "Go to the review of the held statement", 75),
    _action(_S.WATCH, "replay", "r", "r", "replay", "Replay what has been recorded so far", 40),
    _action(_S.WATCH, "terminate", "x", "x", "terminate…", "End the session; asks first", 70, True),
    _action(_S.REPLAY, "play", "space", "space", "play", "Play or pause", 99),
    _action(_S.REPLAY, "step", "full_stop right", ".", "step", "One frame forward", 90),
    _action(_S.REPLAY, "back_step", "comma left", ",", "back", "One frame back", 89),
    _action(
        _S.REPLAY,
        "next_marker",
        "right_square_bracket",
        "]",
        "next mark",
        "Next marker: denial, review, mask, error, resize, typed line",
        84,
    ),
    _action(_S.REPLAY, "previous_marker", "left_square_bracket", "[", "previous mark", "Previous marker", 83),
    _action(_S.REPLAY, "view", "v", "v", "view", "Change between the terminal and the list of statements"),
    _action(_S.REPLAY, "slower", "less_than_sign", "<", "slower", "Halve the speed", 41),
    _action(_S.REPLAY, "faster", "greater_than_sign", ">", "faster", "Double the speed", 42),
    _action(_S.REPLAY, "goto", "t", "t", "go to time", "Go to a time, as 1:30 or 90", 35),
    _action(_S.REPLAY, "search", "slash", "/", "search", "Search statements, or what came up on a terminal", 45),
    _action(_S.REPLAY, "next_match", "n", "n", "next match", "Next place that matches"),
    _action(_S.REPLAY, "previous_match", "N", "N", "previous match", "Previous place that matches"),
    _action(_S.REPLAY, "read", "enter", "enter", "full text", "Read the whole statement", 30),
    _action(_S.REPLAY, "rows", "r", "r", "rows", "Every row of the answer in a table", 43),
    _action(_S.REPLAY, "first", "g home", "g", "to the start", "To the first statement"),
    _action(_S.REPLAY, "last", "G end", "G", "to the end", "To the last frame"),
    _action(_S.REPLAY, "markers", "m", "m", "markers", "Every marker in a list: time and text; enter goes there", 82),
    _action(_S.REPLAY, "evidence", "i", "i", "evidence", "Decision, rule, review, masks, and the log's proof", 86),
    _action(_S.REPLAY, "entry", "I", "I", "log entry", "The operation's entry of the log, whole, with its proof"),
    _action(_S.REPLAY, "idle", "s", "s", "idle", "Play silences as long as they were, or cut them short"),
    _action(_S.REPLAY, "export", "e", "e", "export…", "Write it as asciicast, text, JSON, CSV, or a picture", 44),
    _action(_S.REPLAY, "recordings", "o", "o", "open…", "Pick another recording", 55),
    _action(_S.MARKERS, "open", "enter", "enter", "go there", "To this marker", 90),
    _action(_S.EVIDENCE, "entry", "enter I", "enter", "log entry", "The entry of the log, whole, with its proof", 90),
    _action(_S.EXPORT, "write", "enter", "enter", "write", "Write the file; over SSH, copy the command instead", 90),
    _action(_S.EXPORT, "name", "tab", "tab", "name", "To the file's name, and back to the forms", 80),
    _action(_S.RECORDINGS, "open", "enter", "enter", "replay", "Replay this recording", 90),
    _action(_S.AUDIT, "search", "slash", "/", "search", "Search by field:value, !term and words", 95, True),
    _action(_S.AUDIT, "open", "enter", "enter", "open", "The whole entry, with its proof checked here", 90, True),
    _action(_S.AUDIT, "replay", "r", "r", "replay", "Replay its session, at its operation", 80, True),
    _action(_S.AUDIT, "follow", "f", "f", "follow", "Show what comes as it comes, or stop that", 70, True),
    _action(_S.AUDIT, "all", "v", "v", "segments", "Show the digests of recordings too, or hide them", 30, True),
    _action(_S.AUDIT, "export", "e", "e", "export…", "Write all that was found to a file: CSV or JSON", 60, True),
    _action(_S.TARGETS, "open", "enter", "enter", "open", "All that is known of the entry", 90),
    _action(
        _S.TARGETS, "lock", "L", "L", "lock…", "Stop the target or the identity until unlocked; asks first", 85, True
    ),
    _action(_S.TARGETS, "unlock", "U", "U", "unlock…", "Let it be used again; asks first", 80, True),
    _action(_S.TARGETS, "revoke", "x", "x", "revoke…", "End the token and what it opened; asks first", 75, True),
    _action(_S.TARGETS, "sessions", "s", "s", "sessions", "The sessions of it", 60),
    _action(_S.TARGETS, "record", "e", "e", "record", "What the record has of it", 40),
    _action(_S.TARGETS, "section(1)", "tab right l", "tab", "next list", "Targets, agents, tokens, locks"),
    _action(_S.TARGETS, "section(-1)", "shift+tab left h", "shift+tab", "list before", "The other way round"),
    _action(_S.ENTRY, "replay", "r", "r", "replay", "Replay its session, at its operation", 80, True),
    _action(_S.POLICY, "edit", "i enter", "i", "edit", "Type from here on; escape ends it", 99),
    _action(_S.POLICY, "apply", "a", "a", "apply…", "Put the text in force; asks first", 95, True),
    _action(_S.POLICY, "next_problem", "right_square_bracket", "]", "next problem", "To the next problem", 80),
    _action(_S.POLICY, "previous_problem", "left_square_bracket", "[", "previous problem", "To the problem before"),
    _action(_S.POLICY, "patch", "p", "p", "patch", "What would change as a patch: read, copy, save it", 70),
    _action(_S.POLICY, "discard", "D", "D", "discard…", "Forget the draft; asks first", 40),
    _action(_S.POLICY, "file", "f", "f", "next file", "Another file of the configuration", 35),
    _action(_S.POLICY, "changes", "d", "d", "diff", "What would change, and who gains or loses what", 90),
    _action(_S.POLICY, "history", "h", "h", "history", "Every revision: who, why, what; and back to one", 60),
    _action(_S.POLICY, "backtest", "b", "b", "backtest", "Which recorded decisions the text would change", 75, True),
    _action(_S.POLICY, "suggest", "s", "s", "suggest", "Rules drafted from what was observed", 45, True),
    _action(_S.BACKTEST, "open", "enter", "enter", "open", "The operation's entry of the log", 90),
    _action(_S.BACKTEST, "stop", "x", "x", "stop", "No further; what was found stays", 80),
    _action(_S.SUGGEST, "insert", "enter i", "enter", "insert", "Put the rule into the text", 90),
    _action(_S.HISTORY, "open", "enter", "enter", "what it changed", "What the revision changed", 90),
    _action(_S.HISTORY, "rollback", "R", "R", "roll back…", "Put the revision in force again; asks first", 80, True),
    _action(_S.PATCH, "save", "s", "s", "save…", "Save the patch as a file", 90),
    _action(_S.TYPING, "leave", "escape", "esc", "done", "Keys are commands again", 99),
    _action(_S.TYPING, "indent", "tab", "tab", "take word", "Take the word that is offered, else indent", 90),
    _action(_S.TYPING, "complete", "ctrl+n ctrl+@", "^n", "words", "Offer the words that fit here", 80),
    _action(_S.TYPING, "undo", "ctrl+z", "^z", "undo", "Undo", 60),
    _action(_S.TYPING, "redo", "ctrl+y", "^y", "redo", "Redo what was undone", 50),
    _action(_S.FILTER, "filter", "slash", "/", "filter", "Keep rows with these words; !word leaves rows out", 45),
    _action(_S.SCREEN, "copy", "y", "y", "copy", "Copy what is selected, and say how", 20),
    _action(_S.SCREEN, "back", "q", "q", "back", "Back; on a first screen, quit", 10),
    _action(_S.SCREEN, "close", "escape", "esc", "close", "Back; on a first screen, stay"),
    _action(_S.MOVE, "move(1)", "j down", "j", "down", "One line down"),
    _action(_S.MOVE, "move(-1)", "k up", "k", "up", "One line up"),
    _action(_S.MOVE, "leap(1)", "ctrl+d pagedown", "^d", "page down", "A page down"),
    _action(_S.MOVE, "leap(-1)", "ctrl+u pageup", "^u", "page up", "A page up"),
    _action(_S.MOVE, "top", "g home", "g", "top", "To the first line"),
    _action(_S.MOVE, "bottom", "G end", "G", "bottom", "To the last line"),
    _action(_S.GRID, "pan(-4,0)", "h left", "h", "pan left", "Show what is to the left of a terminal cut by the pane"),
    _action(_S.GRID, "pan(4,0)", "l right", "l", "pan right", "Show what is to the right of it"),
    _action(_S.GRID, "pan(0,-2)", "k up", "k", "pan up", "Show what is above it"),
    _action(_S.GRID, "pan(0,2)", "j down", "j", "pan down", "Show what is below it"),
    _action(_S.GRID, "center", "c", "c", "to the cursor", "Show the part around the cursor again"),
    _action(_S.APP, "mode('overview')", "1", "1", "Overview", "What waits, what is alive, and what changed"),
    _action(_S.APP, "mode('sessions')", "2", "2", "Sessions", "Live and past sessions"),
    _action(_S.APP, "mode('approvals')", "3", "3", "Approvals", "The queue of held operations"),
    _action(_S.APP, "mode('policy')", "4", "4", "Policy", "The rules: edit, check, apply"),
    _action(_S.APP, "mode('audit')", "5", "5", "Audit", "The record, searched and proven"),
    _action(_S.APP, "mode('replay')", "6", "6", "Replay", "Recordings, frame by frame"),
    _action(_S.APP, "mode('targets')", "7", "7", "Targets", "Targets, agents, tokens and locks"),
    _action(_S.APP, "retry", "ctrl+r", "^r", "reconnect", "Reach for the engine again, now"),
    _action(_S.APP, "engines", "ctrl+e", "^e", "engines", "Pick another engine of this console to have in front"),
    _action(
        _S.APP,
        "palette",
        "colon ctrl+p",
        ":",
        "commands",
        "Any command, session, review, recording, target, agent or rule, by some letters of it",
    ),
    _action(_S.APP, "help", "question_mark f1", "?", "help", "The keys of this screen; enter runs one", 15),
    _action(_S.APP, "quit", "ctrl+q", "^q", "quit", "Quit the console"),
)


CHARACTERS = {_character_to_key(chr(code)): chr(code) for code in range(ord("!"), ord("~") + 1)}

Keymap = Mapping[str, tuple[str, ...]]  # an action's name → its keys
_OWN: ContextVar[Keymap] = ContextVar("keymap", default=MappingProxyType({}))


@contextmanager
def rebound(keymap: Keymap) -> Iterator[None]:
    """Have actions with the keys of a user's own."""
    before = _OWN.set(keymap)
    try:
        yield
    finally:
        _OWN.reset(before)


def keymap() -> Keymap:
    """The keys that differ from the registry's."""
    return _OWN.get()


def of(scopes: Iterable[Scope]) -> list[Action]:
    """The actions of these scopes, in the scopes' order, with the keys they have now."""
    own = _OWN.get()
    return [_with(action, own) for scope in tuple(scopes) for action in ACTIONS if action.scope is scope]


def _with(action: Action, own: Keymap) -> Action:
    keys = own.get(action.name)
    return action if keys is None else replace(action, keys=keys, shown=_shown(keys[0]))


def _shown(key: str) -> str:
    if key.startswith("ctrl+"):
        return f"^{key.removeprefix('ctrl+')}"
    return CHARACTERS.get(key, key)


def find(scope: Scope, id: str) -> Action:
    """One action; KeyError where there is none."""
    for action in ACTIONS:
        if action.scope is scope and action.id == id:
            return _with(action, _OWN.get())
    raise KeyError(f"{scope}: {id}")


def modes() -> dict[str, Action]:
    """What leads to each first screen, by the mode's name, in the order of the keys."""
    return {
        action.id.removeprefix("mode('").removesuffix("')"): action
        for action in of([Scope.APP])
        if action.id.startswith("mode(")
    }


def bindings(*scopes: Scope) -> list[BindingType]:
    """The scopes' actions as Textual bindings, with the registry's keys; the application knows a user's own."""
    return [
        Binding(
            ",".join(action.keys),
            action.id,
            action.label,
            show=False,
            tooltip=action.help,
            id=action.name,
        )
        for scope in scopes
        for action in ACTIONS
        if action.scope is scope
    ]


def method(action: Action) -> str:
    """The name of the method that does it."""
    return "action_" + action.id.partition("(")[0]
