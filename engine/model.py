"""The engine's vocabulary as frozen values: no I/O, no clock, no protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Effect(StrEnum):
    """What an operation does to a resource."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    SCHEMA = "schema"
    PRIVILEGE = "privilege"
    SESSION = "session"
    EXECUTE = "execute"
    FILE = "file"
    NETWORK = "network"
    HOUSEKEEPING = "housekeeping"
    OPAQUE = "opaque"


class Verdict(StrEnum):
    """What a decision says, mildest first."""

    ALLOW = "allow"
    REVIEW = "review"
    DENY = "deny"


class Mode(StrEnum):
    """Whether a target's decisions are enforced or only observed."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


@dataclass(frozen=True, slots=True)
class Resource:
    """What an operation touches.

    `kind` is one of table, function, setting, role, schema, channel, sequence, path, host, type, database,
    statement (nothing more specific); of a host also command, shell, variable, subsystem, agent, display. `name` is
    exact: dotted (`public.orders`), a path (`/etc/hosts`), `host:port`, the name of a variable or subsystem, or the
    words of a command as `shlex.join` writes them (`cat '/srv/a b'`). It is empty for "nothing in particular", and for
    what could not be told. `columns` are bare column names of a table; empty means the whole of it.
    """

    kind: str
    name: str
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        suffix = f"({', '.join(self.columns)})" if self.columns else ""
        return f"{self.kind}:{self.name}{suffix}" if self.name else self.kind


@dataclass(frozen=True, slots=True)
class Access:
    """One (effect, resource) pair; policy decides each by itself."""

    effect: Effect
    resource: Resource


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """One column of one table, as the catalog spells them."""

    schema: str
    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an answer and where its values come from.

    `sources` are the base-table columns that flow into it; None means it could not be proved, and masking
    then treats it as protected. `is_text` says whether a masked replacement may be text (else it is NULL),
    `has_text` whether there is text in it for detectors to look at (an array of text has, and is none). `is_derived`:
    it is made from its sources instead of being one of them as it is stored, so how long a value is, and whether there
    is one, may answer a question about them.
    """

    name: str
    sources: frozenset[ColumnRef] | None
    is_text: bool = True
    has_text: bool = True
    type_name: str = "text"
    is_derived: bool = False


@dataclass(frozen=True, slots=True)
class Vouched:
    """What an issuer's token said of who holds it: its subject there, the token's own identifier, and groups.

    The groups are written `issuer/group`.
    """

    issuer: str
    subject: str
    id: str | None = None
    groups: frozenset[str] = frozenset()

    @property
    def login(self) -> str:
        """As the configuration writes it: `issuer/subject`."""
        return f"{self.issuer}/{self.subject}"


@dataclass(frozen=True, slots=True)
class Certified:
    """What an SSH certificate said of who holds it: which authority of the configuration signed it, its serial number
    and identifier, what it permits (`pty`, `port-forwarding`, `agent-forwarding`, `X11-forwarding`), and the only
    command it is for, where it is for one."""

    authority: str
    serial: int
    id: str
    permits: frozenset[str] = frozenset()
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. `key` is the public SSH key they proved to hold, and `certified` what its certificate said."""

    subject: str
    kind: str  # human | agent | service
    groups: frozenset[str] = frozenset()
    sponsor: str | None = None
    purpose: str | None = None
    on_behalf_of: str | None = None
    authenticated: str = "token"
    token: str | None = None
    token_minted_by: str | None = None
    vouched: Vouched | None = None
    key: str | None = None
    certified: Certified | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One upstream. The credential itself never enters this value, only `engine.secrets` resolves it."""

    name: str
    protocol: str
    address: str
    database: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    mode: Mode = Mode.ENFORCE
    trusted: tuple[str, ...] = ()
    answers: str | int = "all"  # all | digest | the number of rows kept
    tunnels: str = "digest"  # all | digest: what is recorded of the bytes that are forwarded
    host_keys: tuple[str, ...] = ()  # the public keys it may show, as `KIND BASE64`


@dataclass(frozen=True, slots=True)
class Parameter:
    """One bound parameter: its type's name, and its value as text (None is NULL).

    A binary value that has no text is given as `\\x…` hex."""

    type_name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One unit of intent, analysed.

    `context` is what an approval binds to besides text and parameters: (name, value) pairs such as database, role
    and search_path. `is_pure_read` is a proof: no lock, no volatile function, nothing that can change anything.
    `columns` is the lineage of the answer (None: it has none or it is told later). `inferences` are the columns that
    steer the answer without being in it (WHERE, JOIN, ORDER BY, GROUP BY …); `copies` those whose values are
    stored somewhere else (tables, settings, sequences, notifications); None means that could not be told.
    `uncounted` says why nobody will tell how many rows it changes; None where that is told, or there are none.
    `is_inferred`: it was read off a terminal whose shell is allowed already, so it needs no allow of its own.
    """

    id: str
    session: str
    kind: str  # statement | copy | call | startup …
    verb: str  # SELECT, DELETE, …
    text: str
    accesses: tuple[Access, ...]
    parameters: tuple[Parameter, ...] = ()
    context: tuple[tuple[str, str], ...] = ()
    has_where: bool = False
    is_pure_read: bool = False
    columns: tuple[Column, ...] | None = None
    inferences: frozenset[ColumnRef] | None = frozenset()
    copies: frozenset[ColumnRef] | None = frozenset()
    in_transaction: bool = False
    estimated_rows: int | None = None
    why_opaque: str | None = None
    uncounted: str | None = None
    is_inferred: bool = False

    def __repr__(self) -> str:
        return f"<Operation {self.id} {self.verb}>"  # the text may hold secrets

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The distinct effects, in the order they were found."""
        return tuple(dict.fromkeys(access.effect for access in self.accesses))


@dataclass(frozen=True, slots=True)
class Panel:
    """The reviewers one rule asks for, and how many of them."""

    rule: str
    reviewers: frozenset[str]  # groups
    quorum: int = 1


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """What a review asks for. Times in seconds.

    Where several rules hold one operation each of them is a panel that must reach its own quorum; `reviewers` and
    `quorum` then sum them up for people to read. No panels: the reviewers and quorum here are the only one.
    """

    reviewers: frozenset[str]  # groups
    quorum: int = 1
    hold: float = 60.0
    timeout: float = 900.0
    on_hold: str | None = None  # wait | reject; None: wait, but reject inside a transaction that may hold locks
    panels: tuple[Panel, ...] = ()


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that was passed: `seen` rows were `changed` or `returned` (at least), and the rule allows `most`."""

    kind: str  # changed | returned
    rule: str
    most: int
    seen: int


@dataclass(frozen=True, slots=True)
class Limit:
    """How many rows one operation may change and return (None: any number), and by which rule."""

    changed: int | None = None
    returned: int | None = None
    changed_by: str = ""
    returned_by: str = ""

    def __str__(self) -> str:
        bounds = ((self.changed, "changed"), (self.returned, "returned"))
        return ", ".join(f"at most {most} rows {what}" for most, what in bounds if most is not None)

    def excess(self, changed: int, returned: int) -> Excess | None:
        """Which of the two so many rows pass, if any."""
        if self.changed is not None and changed > self.changed:
            return Excess("changed", self.changed_by, self.changed, changed)
        if self.returned is not None and returned > self.returned:
            return Excess("returned", self.returned_by, self.returned, returned)
        return None


def strictest(limits: Iterable[Limit]) -> Limit | None:
    """What holds where each of these limits does; None without any."""
    limits = tuple(limits)
    changed = [(limit.changed, limit.changed_by) for limit in limits if limit.changed is not None]
    returned = [(limit.returned, limit.returned_by) for limit in limits if limit.returned is not None]
    if not changed and not returned:
        return None
    most_changed, changed_by = min(changed) if changed else (None, "")
    most_returned, returned_by = min(returned) if returned else (None, "")
    return Limit(most_changed, most_returned, changed_by, returned_by)


@dataclass(frozen=True, slots=True)
class Handling:
    """How an operation that is let run is carried out: what of its input is recorded (`yes`, `no`, `masked`), how its
    output is masked (`strict`, `stop`, `unseen`, or "" as everything is), and the principal the engine signs in as."""

    record_input: str = "masked"
    mask: str = ""
    principal: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The rule that won, its verdict, and why. `access` is the pair that decided it, `limit` the strictest of all rules
    that let it run, `handling` the most protective that any of them asks for (None: nobody asks for any).

    `is_steady`: until the policy changes, the same is decided for every operation of this identity on this target whose
    kind, verb, accesses, context and `has_where` are the same, whatever its text and parameters, whenever it comes.
    Nothing with a limit is: what becomes of that hangs on its answer.
    """

    verdict: Verdict
    rule: str | None
    reason: str
    access: Access | None = None
    terms: ReviewTerms | None = None
    rule_digest: str = ""
    limit: Limit | None = None
    handling: Handling | None = None
    is_steady: bool = field(default=False, compare=False)


class Status(StrEnum):
    """How an operation ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    DENIED = "denied"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"  # it never ran: something before it in the same batch failed
    LOST = "lost"  # the connection ended before the outcome was known


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an operation. `error` is already masked."""

    status: Status
    tag: str = ""  # the command tag, e.g. "DELETE 412"
    rows: int = 0  # delivered to the client
    changed: int | None = None
    masked: int = 0  # values masked in its answer
    error: str | None = None
    excess: Excess | None = None  # the limit it went past
