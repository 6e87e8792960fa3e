import pytest

from engine.model import Identity, Target
from engine.policy.globs import dotted
from engine.policy.rules import Scope, Where, Who
from tests.engine.policy.making import BOT, SHOP, access, decide, operation, rule, verdict, what

READ_ALL = rule("read", "allow", effects=["read"])


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (Who(groups=frozenset({"agents", "x"})), True),
        (Who(groups=frozenset({"Agents"})), False),
        (Who(identities=frozenset({"bot"})), True),
        (Who(identities=frozenset({"Bot"})), False),
        (Who(sponsors=frozenset({"alice"})), True),
        (Who(kinds=frozenset({"human"})), False),
        (Who(groups=frozenset({"agents"}), sponsors=frozenset({"bob"})), False),
    ],
)
def test_who_compares_names_case_exactly_and_all_of_its_keys(who: Who, expected: bool) -> None:
    assert who.matches(BOT) is expected


def test_where_takes_every_label_and_any_target() -> None:
    assert Where(targets=(dotted("sh*", 1)[0],), labels=(("env", "prod"),)).matches(SHOP)
    assert not Where(labels=(("env", "prod"), ("team", "x"))).matches(SHOP)
    assert not Where(labels=(("env", "Prod"),)).matches(SHOP)


class TestTables:
    def test_an_allow_by_table_covers_that_table_only(self) -> None:
        rules = [rule("a", "allow", effects=["read"], tables=["public.orders"])]
        assert verdict(rules, access("read", "table:public.orders", "id")) == "allow"
        assert verdict(rules, access("read", "table:public.customers")) == "deny"
        assert verdict(rules, access("read", "table:public.Orders")) == "deny"

    def test_a_rule_about_tables_is_about_no_function(self) -> None:
        rules = [rule("a", "allow", effects=["read", "execute"], tables=["public.*"])]
        assert verdict(rules, access("execute", "function:public.report")) == "deny"

    def test_a_deny_by_table_hits_the_schema_and_the_database_that_hold_it(self) -> None:
        rules = [rule("all", "allow"), rule("d", "deny", tables=["secret.*"])]
        assert verdict(rules, access("schema", "schema:secret")) == "deny"
        assert verdict(rules, access("schema", "schema:public")) == "allow"
        assert verdict(rules, access("schema", "database:shop")) == "deny"

    def test_an_allow_by_table_covers_no_schema(self) -> None:
        assert verdict([rule("a", "allow", tables=["public.*"])], access("schema", "schema:public")) == "deny"

    def test_a_deny_hits_a_table_whose_schema_is_not_known_and_an_allow_does_not_cover_it(self) -> None:
        rules = [rule("d", "deny", tables=["secret.keys"]), rule("all", "allow")]
        assert verdict(rules, access("read", "table:keys")) == "deny"
        assert verdict([rule("a", "allow", tables=["public.orders"])], access("read", "table:orders")) == "deny"

    def test_dots_in_a_name_do_not_dodge_a_deny_nor_reach_an_allow(self) -> None:
        rules = [rule("d", "deny", tables=["secret.*"]), rule("all", "allow")]
        assert verdict(rules, access("read", "table:secret.a.b")) == "deny"
        allow = [rule("a", "allow", tables=["public.*"])]
        assert verdict(allow, access("read", "table:public.x.secret")) == "deny"
        assert verdict([rule("a", "allow", tables=["*.*"])], access("read", "table:public.x.secret")) == "allow"

    def test_a_sequence_counts_as_a_relation(self) -> None:
        assert verdict([rule("a", "allow", tables=["public.*"])], access("write", "sequence:public.orders_id_seq")) == (
            "allow"
        )

    def test_reading_nothing_in_particular_is_covered_by_what_covers_reads(self) -> None:
        rules = [rule("a", "allow", effects=["read"], tables=["public.orders"])]
        assert verdict(rules, access("read", "statement")) == "allow"
        assert verdict(rules, access("write", "statement")) == "deny"
        assert verdict([READ_ALL, rule("d", "deny", tables=["public.*"])], access("read", "statement")) == "allow"


class TestColumns:
    DENY_SSN = rule("ssn", "deny", columns=["customers.ssn"])

    def test_a_deny_by_column_hits_that_column_and_the_whole_table(self) -> None:
        rules = [READ_ALL, self.DENY_SSN]
        assert verdict(rules, access("read", "table:public.customers", "id", "ssn")) == "deny"
        assert verdict(rules, access("read", "table:public.customers")) == "deny"
        assert verdict(rules, access("read", "table:public.customers", "id")) == "allow"
        assert verdict(rules, access("read", "table:public.orders")) == "allow"

    def test_an_allow_by_column_needs_all_columns_covered(self) -> None:
        rules = [rule("a", "allow", columns=["public.customers.id", "customers.na*"])]
        assert verdict(rules, access("read", "table:public.customers", "id", "name")) == "allow"
        assert verdict(rules, access("read", "table:public.customers", "id", "ssn")) == "deny"
        assert verdict(rules, access("read", "table:public.customers")) == "deny"

    def test_all_columns_are_the_whole_table(self) -> None:
        assert (
            verdict([rule("a", "allow", columns=["customers.*"])], access("read", "table:public.customers")) == "allow"
        )

    def test_tables_and_columns_of_one_rule_are_alternatives(self) -> None:
        rules = [rule("a", "allow", tables=["orders"], columns=["customers.id"])]
        assert verdict(rules, access("read", "table:public.orders")) == "allow"
        assert verdict(rules, access("read", "table:public.customers", "id")) == "allow"

    def test_an_exception_by_column_takes_more_out_of_an_allow_than_out_of_a_deny(self) -> None:
        unless = [Scope(what=what(columns=["customers.ssn"]))]
        allow = [rule("a", "allow", unless=unless, tables=["public.*"])]
        assert verdict(allow, access("read", "table:public.customers", "id", "ssn")) == "deny"
        assert verdict(allow, access("read", "table:public.customers")) == "deny"
        assert verdict(allow, access("read", "table:public.customers", "id")) == "allow"
        deny = [READ_ALL, rule("d", "deny", unless=unless, tables=["public.*"])]
        assert verdict(deny, access("read", "table:public.customers", "id", "ssn")) == "deny"
        assert verdict(deny, access("read", "table:public.customers", "ssn")) == "allow"


class TestFunctionsAndPaths:
    def test_functions_match_by_schema_and_name(self) -> None:
        rules = [rule("a", "allow", functions=["reports.*", "now"])]
        assert verdict(rules, access("execute", "function:reports.daily")) == "allow"
        assert verdict(rules, access("execute", "function:pg_catalog.now")) == "allow"
        assert verdict(rules, access("execute", "function:public.wipe")) == "deny"

    def test_a_path_that_climbs_is_denied_and_never_allowed(self) -> None:
        assert verdict([rule("a", "allow", paths=["/srv/**"])], access("file", "path:/srv/../etc/passwd")) == "deny"
        rules = [rule("all", "allow"), rule("d", "deny", paths=["/etc/**"])]
        assert verdict(rules, access("file", "path:/srv/../etc/passwd")) == "deny"
        assert verdict(rules, access("file", "path:/srv/a")) == "allow"

    def test_verbs_match_exactly(self) -> None:
        rules = [rule("a", "allow", verbs=["SELECT"])]
        assert decide(rules, operation(access("read"), verb="SELECT")).verdict == "allow"
        assert decide(rules, operation(access("read"), verb="COPY")).verdict == "deny"


class TestDatabases:
    WHERE = Where(databases=dotted("shop", 1))

    def test_a_rule_about_a_database_is_about_no_other(self) -> None:
        rules = [rule("a", "allow", where=self.WHERE)]
        assert decide(rules, operation(access("read"))).verdict == "allow"
        assert decide(rules, operation(access("read"), database="analytics")).verdict == "deny"


class TestExceptions:
    def test_every_key_of_an_exception_must_match(self) -> None:
        unless = [Scope(who=Who(groups=frozenset({"dba"})), what=what(tables=["scratch.*"]))]
        rules = [rule("all", "allow"), rule("d", "deny", unless=unless, effects=["write"])]
        dba = Identity("bob", "human", frozenset({"dba"}))
        on_scratch = operation(access("write", "table:scratch.t"))
        assert decide(rules, on_scratch).verdict == "deny"
        assert decide(rules, on_scratch, identity=dba).verdict == "allow"
        assert decide(rules, operation(access("write", "table:public.t")), identity=dba).verdict == "deny"

    def test_any_of_several_exceptions_will_do(self) -> None:
        unless = [Scope(what=what(tables=["scratch.*"])), Scope(what=what(tables=["tmp.*"]))]
        rules = [rule("all", "allow"), rule("d", "deny", unless=unless)]
        assert verdict(rules, access("write", "table:tmp.t")) == "allow"
        assert verdict(rules, access("write", "table:public.t")) == "deny"

    def test_an_exception_for_an_identity_ends_coverage_for_it(self) -> None:
        unless = [Scope(who=Who(identities=frozenset({"bot"})))]
        only = rule("a", "allow", unless=unless)
        assert only.is_about(BOT, SHOP) is not None
        assert only.is_about(Identity("other", "agent"), Target("x", "postgres", "y")) is None


class TestCommands:
    ALLOW = rule("a", "allow", effects=["execute", "read"], commands=["uptime", "cat /etc/*"], paths=["/etc/*"])

    def test_an_allow_by_command_covers_that_command_and_the_paths_it_names_only(self) -> None:
        cat = access("execute", "command:cat /etc/hosts")
        assert verdict([self.ALLOW], cat, access("read", "path:/etc/hosts")) == "allow"
        assert verdict([self.ALLOW], cat, access("write", "path:/etc/hosts")) == "deny"
        assert verdict([self.ALLOW], access("execute", "command:cat /root/x")) == "deny"
        assert verdict([self.ALLOW], cat, access("execute", "command:rm /etc/hosts")) == "deny"

    def test_an_allow_by_command_covers_no_shell_and_nothing_that_could_not_be_told(self) -> None:
        everything = rule("a", "allow", effects=["execute", "opaque"], commands=["**"])
        assert verdict([everything], access("execute", "command:ls")) == "allow"
        assert verdict([everything], access("execute", "shell")) == "deny"
        assert verdict([everything], access("opaque", "command")) == "deny"
        assert verdict([rule("a", "allow", effects=["execute"])], access("execute", "shell")) == "allow"

    def test_a_deny_by_command_or_path_hits_what_could_not_be_told(self) -> None:
        allow = rule("all", "allow", effects=["execute", "read", "opaque"])
        for deny in (rule("d", "deny", commands=["rm **"]), rule("d", "deny", paths=["/etc/**"])):
            assert verdict([allow, deny], access("opaque", "command")) == "deny"
            assert verdict([allow, deny], access("execute", "command:ls")) == "allow"
            assert verdict([allow, deny], access("execute", "shell")) == "allow"

    def test_a_deny_by_command_is_not_dodged_by_naming_the_program_by_its_path(self) -> None:
        rules = [rule("all", "allow"), rule("d", "deny", commands=["rm **"])]
        assert verdict(rules, access("execute", "command:/bin/rm -rf /")) == "deny"

    def test_an_exception_of_an_allow_leaves_out_more_than_it_says_and_that_of_a_deny_less(self) -> None:
        astray = access("execute", "command:cat /x/../etc/shadow")
        narrow = Scope(what=what(commands=["cat /etc/shadow"]))
        assert (
            verdict([rule("a", "allow", unless=[narrow])], access("execute", "command:/bin/cat /etc/shadow")) == "deny"
        )
        assert verdict([rule("a", "allow", unless=[narrow])], astray) == "deny"
        assert verdict([rule("a", "allow"), rule("d", "deny", unless=[narrow])], astray) == "deny"

    def test_a_relative_path_is_covered_by_no_absolute_glob_and_hit_by_every_deny_of_paths(self) -> None:
        relative = access("read", "path:shadow")
        assert verdict([rule("a", "allow", effects=["read"], paths=["/**"])], relative) == "deny"
        assert verdict([rule("a", "allow"), rule("d", "deny", paths=["/etc/shadow"])], relative) == "deny"
