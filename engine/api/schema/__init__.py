"""The control API's shapes: what the engine answers and every client (CLI, console) reads.

Times are RFC 3339 strings in UTC, durations seconds, sizes bytes. Texts are already masked unless said otherwise.
Nothing here imports the rest of the engine, so that a laptop without the engine's dependencies can use it. Clients
import this package, never one of its modules.

answers    what every subject needs: errors, texts, done, a reason
reviews    who asks, what it touches, what waits for people
sessions   sessions as they are listed and watched
access     agents, tokens, locks, how a client connects
service    the engine: listeners, targets, pace, space, status, the live feed
policy     the rules: explained, checked, compared, tried on the past, applied, taken back
from engine.api.schema.search import SEARCH_FIELDS, EntryDetailView, EntryView, ProofView, SearchView
evidence   recordings, the log's checkpoint, what changed
"""

from __future__ import annotations

from engine.api.schema.access import (
    AgentView,
    ConnectRequest,
    ConnectView,
    LearnedView,
    LearnRequest,
    LockRequest,
    LockView,
    SSHKeysView,
    TokenCreatedView,
    TokenRequest,
    TokenView,
)
from engine.api.schema.answers import DoneView, ErrorView, Reason, TextView
from engine.api.schema.evidence import ChangesView, ChangeView, CheckpointView, RecordingView
from engine.api.schema.policy import (
    AppliedView,
    BacktestRequest,
    BacktestView,
    ChangedDecisionView,
    CheckView,
    DecisionView,
    DiffView,
    ExampleView,
    ExplainRequest,
    PolicyRequest,
    PolicyView,
    ProblemView,
    RevisionDetailView,
    RevisionView,
    RollbackRequest,
    ShiftView,
    SuggestedRuleView,
    SuggestionView,
    UndecidableView,
)
from engine.api.schema.reviews import AccessView, IdentityView, OutcomeView, ReviewView, VoteView
from engine.api.schema.search import SEARCH_FIELDS, EntryDetailView, EntryView, ProofView, SearchView
from engine.api.schema.service import (
    ListenerView,
    LiveView,
    PaceView,
    SpaceView,
    StatusView,
    TargetDetailView,
    TargetView,
)
from engine.api.schema.sessions import FrameView, SessionView

API_VERSION = "v1"

__all__ = [
    "API_VERSION",
    "SEARCH_FIELDS",
    "AccessView",
    "AgentView",
    "AppliedView",
    "BacktestRequest",
    "BacktestView",
    "ChangeView",
    "ChangedDecisionView",
    "ChangesView",
    "CheckView",
    "CheckpointView",
    "ConnectRequest",
    "ConnectView",
    "DecisionView",
    "DiffView",
    "DoneView",
    "EntryDetailView",
    "EntryView",
    "ErrorView",
    "ExampleView",
    "ExplainRequest",
    "FrameView",
    "IdentityView",
    "LearnRequest",
    "LearnedView",
    "ListenerView",
    "LiveView",
    "LockRequest",
    "LockView",
    "OutcomeView",
    "PaceView",
    "PolicyRequest",
    "PolicyView",
    "ProblemView",
    "ProofView",
    "Reason",
    "RecordingView",
    "ReviewView",
    "RevisionDetailView",
    "RevisionView",
    "RollbackRequest",
    "SSHKeysView",
    "SearchView",
    "SessionView",
    "ShiftView",
    "SpaceView",
    "StatusView",
    "SuggestedRuleView",
    "SuggestionView",
    "TargetDetailView",
    "TargetView",
    "TextView",
    "TokenCreatedView",
    "TokenRequest",
    "TokenView",
    "UndecidableView",
    "VoteView",
]
