"""What only shows across sections: duplicate names, references, contradictions."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from engine.config import models, reach
from engine.config.assembly import rule_of
from engine.config.document import Place
from engine.config.problems import Problem, suggestion
from engine.config.reach import Known
from engine.config.sections import Entry, Sections
from engine.protocols import registry


def problems(sections: Sections) -> Iterator[Problem]:
    """Everything that keeps the configuration from being used."""
    yield from _duplicates("agent", sections.agents)
    yield from _duplicates("issuer", sections.issuers)
    yield from _duplicates("target", sections.targets)
    yield from _duplicates("rule", sections.rules)
    yield from _duplicates("masking rule", sections.masking)
    yield from _free_space(sections)
    yield from _identities(sections)
    yield from _logins(sections)
    yield from _public_keys(sections)
    yield from _credentials(sections)
    yield from _protocols(sections)
    yield from _notify(sections)
    known = Known(sections)
    for rule in sections.rules:
        yield from _rule(known, rule)
    for mask in sections.masking:
        yield from _mask(known, mask)


def warnings(sections: Sections) -> Iterator[Problem]:
    """What is probably not meant, but may be."""
    groups = Known(sections).groups
    for entry in sections.permissions.values():
        for index, group in enumerate(entry.value):
            if group not in groups:
                yield entry.problem(f"nobody is in the group {group!r}", suggestion(group, groups), at=(index,))
    for notify in sections.notify:
        if (command := notify.value.command) is not None and shutil.which(command[0]) is None:
            hint = "it would be run as it is written, by no shell"
            yield notify.problem(f"there is no program {command[0]} here", hint, at=("command",))
    for target in sections.targets:
        yield from _unready(target)
    approvers = _approvers(sections)
    for rule in sections.rules:
        if (review := rule.value.review) is None:
            continue
        able = [name for name, groups in approvers.items() if groups & set(review.reviewers.groups)]
        if len(able) < review.quorum:
            what = f"{len(able)} of the {review.quorum} people it needs could approve it"
            yield rule.problem(what, "reviewers also need the permission `approver`", at=("review", "reviewers"))


def _unready(target: Entry[models.Target]) -> Iterator[Problem]:
    """What keeps every session of a target from being opened, here and now."""
    value = target.value
    if value.protocol == "ssh" and value.host_key is None:
        hint = f"`hoopterm target learn {value.name}` pins the one that it shows"
        yield target.problem("its host key is not pinned: sessions are refused", hint, at=("name",))
    for key in ("password", "private_key"):
        source: models.SecretSource | None = getattr(value.credential, key)
        if source is not None and source.file is not None and _is_missing(source.file):
            what = f"there is no file {source.file} here: sessions are refused"
            yield target.problem(what, "the engine reads it for each of them", at=("credential", key))


def _is_missing(path: Path) -> bool:
    """Whether it is not there; where that cannot be seen, nothing is said."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _approvers(sections: Sections) -> dict[str, frozenset[str]]:
    permitted = frozenset(sections.permissions["approver"].value if "approver" in sections.permissions else ())
    people = {name: frozenset(entry.value.groups) for name, entry in sections.people.items()}
    return {name: groups for name, groups in people.items() if groups & permitted}


def _duplicates(
    kind: str,
    entries: Iterable[
        Entry[models.Agent] | Entry[models.Issuer] | Entry[models.Target] | Entry[models.Rule] | Entry[models.Masking]
    ],
) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for entry in entries:
        name = entry.value.name
        if name in seen:
            yield entry.problem(f"another {kind} is named {name!r}", f"the first is in {seen[name]}", at=("name",))
        place = entry.problem("", at=("name",))
        seen.setdefault(name, f"{place.file.name}:{place.line}")


def _free_space(sections: Sections) -> Iterator[Problem]:
    if sections.engine is None:
        return
    space = sections.engine.value.free_space
    if space.warn.is_percent == space.floor.is_percent and space.floor.number >= space.warn.number:
        hint = "at the floor operations are refused: warn before that"
        yield sections.engine.problem("floor is not below warn", hint, at=("free_space", "floor"))


def _logins(sections: Sections) -> Iterator[Problem]:
    """Every `oidc` of people and agents means one of the issuers, and nobody else's."""
    names, addresses = {entry.value.name for entry in sections.issuers}, dict[str, str]()
    for issuer in sections.issuers:
        name, address = issuer.value.name, issuer.value.issuer
        if address in addresses:
            yield issuer.problem(f"{addresses[address]} is that issuer too", "keep one of them", at=("issuer",))
        addresses.setdefault(address, name)
    known: dict[str, str] = {}
    for name, entry in _everybody(sections):
        login = entry.value.oidc
        if login is None:
            continue
        at = login.partition("/")[0]
        if at not in names and not sections.faulty & {"oidc", "identity"}:
            yield entry.problem(f"no issuer is named {at!r}", suggestion(at, names), at=("oidc",))
        if login in known:
            yield entry.problem(f"{known[login]} is {login!r} too", "one login is one identity", at=("oidc",))
        known.setdefault(login, name)


def _identities(sections: Sections) -> Iterator[Problem]:
    unix: dict[str, str] = {}
    for name, person in sections.people.items():
        login = person.value.unix
        if login is not None and login in unix:
            yield person.problem(
                f"{unix[login]} has the Unix name {login!r} too", "one login is one person", at=("unix",)
            )
        if login is not None:
            unix.setdefault(login, name)
    for agent in sections.agents:
        value = agent.value
        if value.name in sections.people:
            yield agent.problem(f"{value.name!r} is a person too", "a name means one identity", at=("name",))
        if value.sponsor not in sections.people and not sections.faulty & {"people", "identity"}:
            hint = suggestion(value.sponsor, sections.people)
            yield agent.problem(f"the sponsor {value.sponsor!r} is not among the people", hint, at=("sponsor",))


def _public_keys(sections: Sections) -> Iterator[Problem]:
    """Every SSH key is one identity's, and none of them an authority's: it would sign its own certificates."""
    known: dict[str, str] = {}
    names: set[str] = set()
    for authority in sections.authorities:
        key, name = authority.value.key, authority.value.name
        if key in known:
            yield authority.problem("this authority is listed already", "keep one of them", at=("key",))
        if name is not None and name in names:
            yield authority.problem(f"another authority is named {name!r}", at=("name",))
        names.update([name] if name is not None else [])
        known.setdefault(key, "an authority of identity.ssh.cas")
    for name, entry in _everybody(sections):
        for index, key in enumerate(entry.value.ssh):
            if key in known:
                yield entry.problem(f"{known[key]} has this key too", "one key is one identity", at=("ssh", index))
            known.setdefault(key, name)


def _everybody(sections: Sections) -> Iterator[tuple[str, Entry[models.Person] | Entry[models.Agent]]]:
    yield from sections.people.items()
    yield from ((agent.value.name, agent) for agent in sections.agents)


def _credentials(sections: Sections) -> Iterator[Problem]:
    for target in sections.targets:
        credential = target.value.credential
        for key, what in (("password", "a password"), ("private_key", "a private key")):
            source: models.SecretSource | None = getattr(credential, key)
            if source is not None and (source.env is None) == (source.file is None):
                hint = "give {env: NAME} or {file: PATH}"
                yield target.problem(f"{what} lies in one place", hint, at=("credential", key))
        if credential.certificate is not None and credential.private_key is not None:
            what = "a certificate is for a key that the engine makes anew"
            hint = "leave `private_key` out, or `certificate`"
            yield target.problem(what, hint, at=("credential", "private_key"), at_key=True)


def _protocols(sections: Sections) -> Iterator[Problem]:
    """Keys that mean nothing to the protocol of what they stand at."""
    for name, listener in sections.listeners.items():
        yield from _meaningless(name, "listener", listener, listener.value.model_fields_set)
    for target in sections.targets:
        value = target.value
        if value.name == "console":
            yield target.problem("a target cannot be named console", "that opens the console over SSH", at=("name",))
        yield from _meaningless(value.protocol, "target", target, value.model_fields_set)
        keys = value.credential.model_fields_set
        yield from _meaningless(value.protocol, "credential", target, keys, at=("credential",))


def _meaningless(protocol: str, kind: str, entry: Entry[Any], keys: Iterable[str], at: Place = ()) -> Iterator[Problem]:
    for key in keys:
        if not registry.knows(protocol, f"{kind}.{key}"):
            what = f"`{key}` means nothing to {protocol}"
            yield entry.problem(what, "leave it out", at=(*at, key), at_key=True)


def _notify(sections: Sections) -> Iterator[Problem]:
    names: set[str] = set()
    for entry in sections.notify:
        value = entry.value
        if (value.command is None) == (value.url is None):
            yield entry.problem("a notification goes to one place", "give `command` or `url`", at=("on",))
        if value.headers and value.url is None:
            yield entry.problem("a command is given no headers", "leave them out", at=("headers",), at_key=True)
        for header, source in value.headers.items():
            if (source.env is None) == (source.file is None):
                hint = "give {env: NAME} or {file: PATH}"
                yield entry.problem("a header's value lies in one place", hint, at=("headers", header))
        if value.name is not None and value.name in names:
            yield entry.problem(f"another notification is named {value.name!r}", at=("name",))
        names.update([value.name] if value.name is not None else [])


def _rule(known: Known, entry: Entry[models.Rule]) -> Iterator[Problem]:
    rule = entry.value
    if rule.decide == "review" and rule.review is None:
        hint = "for example review: {reviewers: {groups: [dba]}}"
        yield entry.problem("a review rule says who decides", hint, at=("decide",))
    if rule.decide != "review" and rule.review is not None:
        yield entry.problem(
            f"a rule that says {rule.decide} asks nobody", "leave `review` out", at=("review",), at_key=True
        )
    if rule.limit is not None:
        yield from _limit(entry, rule.limit)
    for key in ("record_input", "mask", "principal"):
        if rule.decide == "deny" and getattr(rule, key) is not None:
            yield entry.problem("a rule that denies lets nothing run", f"leave `{key}` out", at=(key,), at_key=True)
    if rule.review is not None and rule.review.hold > rule.review.timeout:
        yield entry.problem(
            "hold is longer than timeout", "the review would end while it is held", at=("review", "hold")
        )
    compiled = rule_of(rule)
    if compiled.condition is not None and compiled.condition.constant is False:
        yield entry.problem("the condition is always false, so the rule can never match", at=("when",))
    found = list(reach.dangling(known, entry))
    yield from found
    if not found:
        yield from reach.unreachable(known, entry, compiled)


def _limit(entry: Entry[models.Rule], limit: models.Limit) -> Iterator[Problem]:
    if entry.value.decide == "deny":
        yield entry.problem("a rule that denies lets no rows through", "leave `limit` out", at=("limit",), at_key=True)
    elif limit.changed is None and limit.returned is None:
        yield entry.problem("it limits nothing", "for example limit: {changed: 100}", at=("limit",), at_key=True)


def _mask(known: Known, entry: Entry[models.Masking]) -> Iterator[Problem]:
    mask = entry.value
    if not mask.columns and not mask.detect:
        yield entry.problem("it masks nothing", "name `columns`, or what to `detect`", at=("name",))
    yield from reach.unknown_targets(known, entry, mask.where)
