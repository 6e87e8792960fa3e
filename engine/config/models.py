"""What each section of the YAML may say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from engine.config.fields import (
    Address,
    Amount,
    AmountOfSpace,
    Answers,
    Claim,
    ColumnGlob,
    Command,
    CommandGlob,
    Duration,
    Events,
    Expression,
    FilePath,
    FunctionGlob,
    Group,
    Groups,
    Header,
    HostGlob,
    Instant,
    IssuerURL,
    Line,
    Listen,
    Login,
    MaskColumn,
    Name,
    NameGlob,
    Names,
    PathGlob,
    RecordInput,
    Serials,
    TableGlob,
    Verb,
    WebAddress,
)
from engine.config.publickeys import OneOrMoreKeys, PublicKey, PublicKeys, RevocationList
from engine.model import Effect, Mode
from engine.tls import TLSMode

Permission = Literal["admin", "approver", "operator", "auditor"]
Protocol = Literal["postgres", "ssh"]
Detector = Literal["credit_card", "email", "iban", "us_ssn", "phone", "jwt", "aws_access_key", "private_key"]
Strategy = Literal["redact", "partial", "hash", "token", "nullify"]
Rows = Annotated[StrictInt, Field(ge=1, le=1_000_000_000)]
_ONE_OR_MORE = Field(min_length=1, max_length=1000)


class Section(BaseModel):
    """A mapping of the YAML. `UNBUILT` are keys that are published but not built yet."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)
    UNBUILT: ClassVar[frozenset[str]] = frozenset()


class Audit(Section):
    """How soon the record is on stable storage, and where checkpoints are copied to."""

    durability: Literal["strict", "batched"] = "strict"
    checkpoints: tuple[FilePath, ...] = ()


class FreeSpace(Section):
    """How much of each filesystem that holds the record should stay free."""

    warn: AmountOfSpace = Amount(10, is_percent=True)
    floor: AmountOfSpace = Amount(1, is_percent=True)


class Consoles(Section):
    """Consoles over SSH: the Unix user that their processes get, where the engine can give them another."""

    user: Line | None = None


class Engine(Section):
    """The service itself."""

    state: FilePath = Path("state")
    socket: FilePath | None = None
    store: str = Field(default="sqlite", pattern=r"^(sqlite|postgres(ql)?://\S+)$", repr=False)
    audit: Audit = Audit()
    free_space: FreeSpace = FreeSpace()
    consoles: Consoles = Consoles()


class Listener(Section):
    """Where clients of one protocol connect."""

    listen: Listen
    tls: Literal["auto", "off"] = "auto"
    names: tuple[Line, ...] = ("localhost",)
    allow_plaintext: StrictBool = False


class Tokens(Section):
    """Limits of the engine's own tokens."""

    max_ttl: Duration = 12 * 3600.0


class Person(Section):
    """One person, however they log in."""

    unix: Line | None = None
    oidc: Login | None = None
    ssh: PublicKeys = ()
    groups: tuple[Group, ...] = ()


class Claims(Section):
    """Which claims of an issuer's tokens say what; without `groups` none counts."""

    subject: Claim = ("sub",)
    groups: Claim | None = None


class Issuer(Section):
    """An OpenID provider whose tokens for `audience` let in. `clients` are those they may have been made for."""

    name: Name
    issuer: IssuerURL
    audience: Line
    claims: Claims = Field(default_factory=Claims)
    clients: tuple[Line, ...] = ()


class RevokedCertificates(Section):
    """Which of an authority's certificates count no more: by the keys they are for, by their serial numbers, and as a
    list made by `ssh-keygen -k` has it."""

    keys: PublicKeys = ()
    serials: Annotated[tuple[Serials, ...], Field(max_length=10_000)] = ()
    krl: RevocationList | None = None


class CertificateAuthority(Section):
    """Whose SSH certificates let in."""

    name: Name | None = None
    key: PublicKey
    revoked: RevokedCertificates = RevokedCertificates()


def _as_authority(value: object) -> object:
    return {"key": value} if isinstance(value, str) else value


class SSHIdentity(Section):
    """Who may come in over SSH without having a key listed."""

    cas: tuple[
        Annotated[
            CertificateAuthority, BeforeValidator(_as_authority, json_schema_input_type=CertificateAuthority | str)
        ],
        ...,
    ] = ()


class IdentitySection(Section):
    """Who may ask."""

    tokens: Tokens = Tokens()
    oidc: tuple[Issuer, ...] = ()
    ssh: SSHIdentity = SSHIdentity()
    people: dict[Name, Person] = {}


class Agent(Section):
    """One autonomous agent, and the person who answers for it."""

    name: Name
    sponsor: Name
    oidc: Login | None = None
    ssh: PublicKeys = ()
    purpose: Line | None = None
    groups: tuple[Group, ...] = ()
    expires: Instant | None = None


class SecretSource(Section):
    """Where a secret lies: exactly one of these."""

    UNBUILT = frozenset({"vault", "aws"})
    env: Line | None = None
    file: FilePath | None = None


class Certificate(Section):
    """What the engine's own SSH authority signs for each session."""

    principal: Name | None = None
    ttl: Annotated[Duration, Field(ge=10, le=86400)] = 300.0


class Credential(Section):
    """What the engine presents to the upstream."""

    UNBUILT = frozenset({"vault", "aws"})
    user: Line
    password: SecretSource | None = None
    private_key: SecretSource | None = None
    certificate: Certificate | None = None


class Record(Section):
    """What of the answers is kept."""

    answers: Answers = "all"
    tunnels: Literal["all", "digest"] = "digest"


class UpstreamTLS(Section):
    """What an upstream must prove, as PostgreSQL's sslmode names it."""

    mode: TLSMode | None = None
    ca: FilePath | None = None


class Target(Section):
    """One upstream."""

    name: Name
    protocol: Protocol
    address: Address
    database: Line | None = None
    host_key: OneOrMoreKeys | None = None
    credential: Credential
    labels: dict[Line, Line] = {}
    mode: Mode = Mode.ENFORCE
    trusted: tuple[FunctionGlob, ...] = ()
    record: Record = Record()
    tls: UpstreamTLS = UpstreamTLS()


class Who(Section):
    """Identities; every key given must match."""

    groups: Groups | None = None
    identities: Names | None = None
    kinds: Annotated[tuple[Literal["human", "agent", "service"], ...], _ONE_OR_MORE] | None = None
    sponsors: Names | None = None


class MaskWhere(Section):
    """Targets; every key given must match."""

    targets: Annotated[tuple[NameGlob, ...], _ONE_OR_MORE] | None = None
    labels: Annotated[dict[Line, Line], Field(min_length=1)] | None = None


class Where(MaskWhere):
    """Targets and their databases; every key given must match."""

    databases: Annotated[tuple[NameGlob, ...], _ONE_OR_MORE] | None = None


class What(Section):
    """Effects and verbs narrow down; the others name resources, any of which will do."""

    effects: Annotated[tuple[Effect, ...], _ONE_OR_MORE] | None = None
    tables: Annotated[tuple[TableGlob, ...], _ONE_OR_MORE] | None = None
    columns: Annotated[tuple[ColumnGlob, ...], _ONE_OR_MORE] | None = None
    functions: Annotated[tuple[FunctionGlob, ...], _ONE_OR_MORE] | None = None
    paths: Annotated[tuple[PathGlob, ...], _ONE_OR_MORE] | None = None
    commands: Annotated[tuple[CommandGlob, ...], _ONE_OR_MORE] | None = None
    hosts: Annotated[tuple[HostGlob, ...], _ONE_OR_MORE] | None = None
    verbs: Annotated[tuple[Verb, ...], _ONE_OR_MORE] | None = None


class Scope(Section):
    """Who, where and what; every key given must match."""

    who: Who = Who()
    where: Where = Where()
    what: What = What()


class Reviewers(Section):
    """Who may decide a review."""

    groups: Groups


class ReviewTerms(Section):
    """What a review rule asks for."""

    reviewers: Reviewers
    quorum: Annotated[StrictInt, Field(ge=1, le=100)] = 1
    hold: Duration = 60.0
    timeout: Duration = 900.0
    on_hold: Literal["wait", "reject"] | None = None


class Limit(Section):
    """How many rows one operation may change and return; past that it is undone."""

    changed: Rows | None = None
    returned: Rows | None = None


def _listed(value: object) -> object:
    return [value] if isinstance(value, dict) else value


class Rule(Scope):
    """Who + where + what (+ when) → allow, deny or review."""

    name: Name
    decide: Literal["allow", "deny", "review"]
    exceptions: Annotated[
        tuple[Scope, ...],
        BeforeValidator(_listed, json_schema_input_type=Scope | tuple[Scope, ...]),
    ] = Field(default=(), alias="except")
    when: Expression | None = None
    reason: Line | None = None
    review: ReviewTerms | None = None
    limit: Limit | None = None
    record_input: RecordInput | None = None
    mask: Literal["strict", "stop", "unseen"] | None = None
    principal: Name | None = None


class Exempt(Section):
    """For whom nothing is masked."""

    groups: Groups


class Masking(Section):
    """Which values are masked, and how."""

    name: Name
    where: MaskWhere = MaskWhere()
    exempt: Exempt | None = None
    columns: tuple[MaskColumn, ...] = ()
    detect: tuple[Detector, ...] = ()
    strategy: Strategy = Field(default="redact", alias="with")
    inference: Literal["refuse", "allow"] = "refuse"


class Notify(Section):
    """Who is told of which events: a command, or an address that is posted to."""

    name: Name | None = None
    events: Events = Field(alias="on")
    command: Command | None = None
    url: WebAddress | None = Field(default=None, repr=False)
    headers: dict[Header, SecretSource] = {}
    timeout: Annotated[Duration, Field(le=300)] = 10.0


class Configuration(Section):
    """One file of configuration; several of a folder make one together."""

    engine: Engine = Engine()
    listeners: dict[Protocol, Listener] = {}
    identity: IdentitySection = IdentitySection()
    permissions: dict[Permission, tuple[Group, ...]] = {}
    agents: tuple[Agent, ...] = ()
    targets: tuple[Target, ...] = ()
    rules: tuple[Rule, ...] = ()
    masking: tuple[Masking, ...] = ()
    notify: Annotated[tuple[Notify, ...], Field(max_length=100)] = ()
