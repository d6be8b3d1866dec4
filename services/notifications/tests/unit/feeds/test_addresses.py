"""Where a webhook may go. The resolver is given, so no name is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from notifications.feeds.addresses import AddressRefusedError, locate

PUBLIC = "93.184.215.14"
PUBLIC_6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


class Names:
    """A resolver that answers from a table, and counts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("url", "address", "port", "host_header", "path"),
    [
        ("https://hooks.dealer.cn/guanxi", PUBLIC, 443, "hooks.dealer.cn", "/guanxi"),
        ("https://hooks.dealer.cn", PUBLIC, 443, "hooks.dealer.cn", "/"),
        ("https://hooks.dealer.cn:443/a?b=c&d=e", PUBLIC, 443, "hooks.dealer.cn", "/a?b=c&d=e"),
        ("https://hooks.dealer.cn:8443/a", PUBLIC, 8443, "hooks.dealer.cn:8443", "/a"),
        ("HTTPS://HOOKS.Dealer.CN/A", PUBLIC, 443, "hooks.dealer.cn", "/A"),
        ("https://xn--fiq228c.cn/a", PUBLIC, 443, "xn--fiq228c.cn", "/a"),
        (f"https://{PUBLIC}/a", PUBLIC, 443, PUBLIC, "/a"),
        (f"https://[{PUBLIC_6}]/a", PUBLIC_6, 443, f"[{PUBLIC_6}]", "/a"),
        ("https://8.8.8.8:8443/", "8.8.8.8", 8443, "8.8.8.8:8443", "/"),
    ],
)
async def test_a_public_https_address_is_taken(url: str, address: str, port: int, host_header: str, path: str) -> None:
    target = await locate(url, Names([PUBLIC]))
    assert (target.address, target.port, target.host_header, target.path) == (address, port, host_header, path)


REFUSED = [
    # other schemes
    "http://hooks.dealer.cn/",
    "ftp://hooks.dealer.cn/",
    "file:///etc/passwd",
    "gopher://hooks.dealer.cn/",
    "//hooks.dealer.cn/",
    "hooks.dealer.cn",
    "",
    # loopback
    "https://127.0.0.1/",
    "https://127.1.2.3/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://a.localhost/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    # site-local, 6to4 relays, documentation
    "https://[fec0::1]/",
    "https://[feff:ffff::1]/",
    "https://192.88.99.1/",
    "https://[3fff::1]/",
    "https://[3fff:fff:ffff::1]/",
    # this host, private, shared, link-local, metadata
    "https://0.0.0.0/",
    "https://0/",
    "https://[::]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fc00::1]/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://intranet/",
    "https://db/",
    "https://1.0.168.192.in-addr.arpa/",
    # reserved, documentation, benchmarks, multicast, broadcast
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://203.0.113.9/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    # an IPv4 address inside an IPv6 one
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    # other ways to write an address
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0x7f.1/",
    "https://127.0.0.1./",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    # user names, odd separators, control characters, fragments
    "https://user@hooks.dealer.cn/",
    "https://user:password@hooks.dealer.cn/",
    "https://hooks.dealer.cn@127.0.0.1/",
    "https://127.0.0.1#@hooks.dealer.cn/",
    "https://hooks.dealer.cn\\@127.0.0.1/",
    "https://hooks.dealer.cn\\.evil.cn/",
    "https://hooks.dealer.cn/#fragment",
    "https://hooks.dealer.cn/\r\nHost: 127.0.0.1",
    "https://hooks.dealer.cn/ with blanks",
    "https://hooks.dealer.cn\t/",
    "https://hooks.dealer.cn/\x00",
    "https://hooks_dealer.cn/",
    "https://-hooks.dealer.cn/",
    "https://hooks..dealer.cn/",
    "https://[fe80::1%25eth0]/",
    "https://[::1/",
    # ports
    "https://hooks.dealer.cn:22/",
    "https://hooks.dealer.cn:80/",
    "https://hooks.dealer.cn:5432/",
    "https://hooks.dealer.cn:9092/",
    "https://hooks.dealer.cn:0/",
    "https://hooks.dealer.cn:99999/",
    "https://hooks.dealer.cn:-1/",
    "https://8.8.8.8:25/",
    # too long
    "https://hooks.dealer.cn/" + "a" * 2000,
    "https://" + "a" * 250 + ".cn/",
]


@pytest.mark.asyncio
@pytest.mark.parametrize("url", REFUSED)
async def test_what_points_inside_or_is_written_oddly_is_refused_before_any_name_is_asked_for(url: str) -> None:
    names = Names([PUBLIC])
    with pytest.raises(AddressRefusedError):
        await locate(url, names)
    assert names.asked == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["0.0.0.0"],
        ["::1"],
        ["fe80::1%eth0"],
        ["fd00::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        [PUBLIC, "127.0.0.1"],
        [PUBLIC_6, "::1"],
        [],
        ["nonsense"],
    ],
)
async def test_a_name_with_any_address_inside_is_refused(answer: list[str]) -> None:
    with pytest.raises(AddressRefusedError):
        await locate("https://hooks.dealer.cn/", Names(answer))


@pytest.mark.asyncio
async def test_a_name_is_asked_for_once_and_the_connection_goes_to_the_address_that_was_checked() -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    target = await locate("https://hooks.dealer.cn/a", names)
    assert names.asked == [("hooks.dealer.cn", 443)]
    assert target.url == f"https://{PUBLIC}:443/a"


@pytest.mark.asyncio
async def test_a_name_that_turns_inside_after_it_was_set_is_refused_when_used() -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    await locate("https://hooks.dealer.cn/a", names)
    with pytest.raises(AddressRefusedError):
        await locate("https://hooks.dealer.cn/a", names)


@pytest.mark.asyncio
@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/a", "http://localhost:9000/a", "https://[::1]:9443/"])
async def test_a_developer_may_let_webhooks_go_to_this_machine(url: str) -> None:
    target = await locate(url, Names(["127.0.0.1"]), allow_loopback=True)
    assert target.address in ("127.0.0.1", "::1")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:9000/",
        "http://192.168.1.1/",
        "https://169.254.169.254/",
        "http://hooks.dealer.cn/",
        "http://0.0.0.0:9000/",
        "http://[::ffff:127.0.0.1]:9000/",
        "http://user@127.0.0.1:9000/",
        "https://hooks.dealer.cn:9000/",
    ],
)
async def test_and_nothing_else_that_points_inside(url: str) -> None:
    with pytest.raises(AddressRefusedError):
        await locate(url, Names([PUBLIC]), allow_loopback=True)


@pytest.mark.asyncio
async def test_a_localhost_that_is_not_loopback_is_refused_all_the_same() -> None:
    with pytest.raises(AddressRefusedError):
        await locate("http://localhost:9000/", Names(["10.0.0.1"]), allow_loopback=True)
