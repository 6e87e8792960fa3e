import pytest

from tests.engine.protocols.ssh.commands.saying import touched


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("curl https://a.example/x", ["network a.example:443"]),
        ("curl -fsS http://A:8080", ["network a:8080"]),
        ("curl a.example", ["network a.example:80"]),
        ("curl -L https://a/x -o /f", ["network a:443", "network host", "write /f"]),
        ("curl -X POST -d @/f -H 'A: b' https://a/", ["network a:443", "read /f"]),
        ("curl --data-raw @x --url https://a/", ["network a:443"]),
        ("wget -q https://a/x", ["network a:443", "network host", "write path"]),
        ("wget -O - https://a/x", ["network a:443", "network host"]),
        ("nc -vz db 5432", ["network db:5432"]),
        ("scp -P 2222 /a web@h:/b", ["read /a", "network h:2222"]),
        ("scp h:/a /b", ["network h:22", "write /b/", "write /b/a/"]),
        ("scp ./a:b h:", ["read a:b", "network h:22"]),
    ],
)
def test_the_hosts_that_words_name_are_told(line: str, expected: list[str]) -> None:
    assert touched(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        *("curl", "curl -K x https://a/", "curl --config x https://a/", "curl -T f https://a/", "curl -O https://a/x"),
        *(
            "curl -x p https://a/",
            "curl --resolve a:1:b https://a/",
            "curl file:///etc/x",
            "curl gopher://a/",
            "curl http://a@b/",
        ),
        *(
            "curl 'http://a\\@b/'",
            "curl 'https://{a,b}/'",
            "curl 'https://a/[1-9]'",
            "curl --next https://a/",
            "curl http:a",
        ),
        *(
            "wget",
            "wget -i f",
            "wget --execute=x https://a/",
            "wget -e x https://a/",
            "nc -e sh h 1",
            "nc -l 1",
            "nc h",
            "nc h x",
        ),
        *(
            "nc -X connect -x p h 1",
            "scp -S x a h:b",
            "scp -o ProxyCommand=x a h:b",
            "scp -F x a h:b",
            "scp scp://h/a b",
        ),
        *("scp -J x a h:b", "scp a", "scp -P x a h:b", "scp 'a b@h:x' y", "socat a b", "ncat -e x h 1"),
    ],
)
def test_an_address_or_option_that_is_not_plain_is_opaque(line: str) -> None:
    """SECURITY 5."""
    assert touched(line) == ["opaque"]
