"""What one connection may ask of a server: real sockets, and little patience where time counts."""

import time
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from queue_app.web.bounds import LIMITS, ConnectionLimits
from tests.conftest import MONDAY
from tests.support.people import BRANCH
from tests.support.server import Server, start_servers, stop_servers
from tests.support.waiting import SOON
from tests.support.wire import GET, Wire, status_of

pytestmark = pytest.mark.server

BOARD = f"/ws/branches/{BRANCH}/board"
HASTY = ConnectionLimits(
    head_seconds=0.8, body_seconds=0.8, unread_seconds=1.0, parting_seconds=0.2, look_seconds=0.05
)
BEGUN = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
LINE = b"X-A: " + b"a" * 1000 + b"\r\n"
CHUNKED = b"POST /visit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
FORM = b"POST /visit HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
GONE_AFTER = 8_000_000
"""Bytes that the system may take in the name of a process that reads none of them."""
MEBIBYTE = 1024 * 1024


@pytest_asyncio.fixture(scope="module")
async def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """With the usual limits."""
    started = start_servers(1, dsn, tmp_path_factory.mktemp("server"), clock=MONDAY)
    yield started[0]
    stop_servers(started)


@pytest_asyncio.fixture(scope="module")
async def hasty(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """With the usual sizes and little patience."""
    folder: Path = tmp_path_factory.mktemp("hasty")
    started = start_servers(1, dsn, folder, clock=MONDAY, limits=HASTY)
    yield started[0]
    stop_servers(started)


@pytest.fixture(autouse=True)
def quiet(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever is sent, the log has no error and no warning, and nothing counts as our fault."""
    names = [name for name in ("server", "hasty") if name in request.fixturenames]
    one = request.getfixturevalue(names[0]) if names else None
    before = len(one.log.read_text()) if one else 0
    yield
    if one:
        assert one.complaints(before) == []
        assert faults(one) == 0


def faults(server: Server) -> int:
    """How many answers so far had a status of 500 or more."""
    return sum(
        int(sample.value)
        for sample in metrics(server, "queue_app_requests")
        if sample.name.endswith("_total") and int(sample.labels["status_code"]) >= 500
    )


def cut(server: Server, reason: str) -> int:
    """How many connections were ended for this."""
    return sum(
        int(sample.value)
        for sample in metrics(server, "queue_app_connections_cut")
        if sample.name.endswith("_total") and sample.labels["reason"] == reason
    )


def metrics(server: Server, family: str) -> list:
    text = httpx.get(f"{server.url}/metrics").text
    return [
        sample
        for one in text_string_to_metric_families(text)
        if one.name == family
        for sample in one.samples
    ]


def serves(server: Server) -> None:
    with Wire(server) as other:
        other.send(GET)
        assert status_of(other.answers(1)[0]) == 200


def endless(part: bytes) -> Iterable[bytes]:
    """A gigabyte of it."""
    return repeat(part * (65_536 // len(part)), 16_384)


@pytest.mark.parametrize(
    ("begun", "part", "status"),
    [
        (BEGUN, LINE, 431),
        (BEGUN + b"X-A: ", b"a", 431),
        (BEGUN, b"a:b\r\n", 431),
        (b"GET /", b"a", 414),
        (b"", b"\r\n", 431),
        (CHUNKED + b"0\r\n", LINE, 431),
        (CHUNKED + b"0\r\nX-A: ", b"a", 431),
        (CHUNKED + b"1;", b"a", 431),
        (CHUNKED, b"1\r\na\r\n", 431),
    ],
    ids=["headers", "header", "tiny", "line", "blanks", "trailers", "trailer", "extension", "bits"],
)
def test_what_has_no_end_is_cut_off(hasty: Server, begun: bytes, part: bytes, status: int) -> None:
    before = cut(hasty, str(status))
    with Wire(hasty) as wire:
        wire.send(begun)
        sent = wire.push(endless(part))
        answer = wire.rest()
    assert sent < GONE_AFTER
    answered = begun.startswith(CHUNKED) and status_of(answer) == 303
    assert answered or status_of(answer) == status
    assert cut(hasty, str(status)) == before + 1
    serves(hasty)


def test_an_answer_to_too_much_is_a_problem_and_the_last(server: Server) -> None:
    with Wire(server) as wire:
        wire.send(BEGUN, LINE * 40, b"\r\n", GET)
        answer = wire.rest()
    assert b"connection: close\r\n" in answer
    assert answer.endswith(
        b'\r\n\r\n{"type":"about:blank","title":"Request Header Fields Too Large","status":431}'
    )


def test_what_is_just_within_the_limits_is_served(server: Server) -> None:
    line = b"GET /health/live?" + b"a" * 8000 + b" HTTP/1.1\r\nHost: x\r\n"
    few = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 7000) for number in range(3))
    many = b"".join(b"X-%d: a\r\n" % number for number in range(LIMITS.headers - 1))
    with Wire(server) as wire:
        for head in (line, BEGUN + few, BEGUN + many):
            wire.send(head, b"\r\n")
            assert status_of(wire.answers(1)[0]) == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (BEGUN + b"".join(b"X-%d: a\r\n" % number for number in range(LIMITS.headers)), 431),
        (b"GET /health/live?" + b"a" * 8200 + b" HTTP/1.1\r\nHost: x\r\n", 414),
        (b"GET /health/live HTTP/1.1\r\nHost x\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
    ids=["too many headers", "too long a line", "no header", "TLS"],
)
def test_a_whole_head_that_goes_too_far_is_refused(
    server: Server, head: bytes, status: int
) -> None:
    with Wire(server) as wire:
        wire.send(head, b"\r\n")
        assert status_of(wire.rest()) == status


def test_memory_stays_where_it_was_while_fifty_megabytes_of_headers_are_pushed(
    hasty: Server,
) -> None:
    def push(turn: int) -> int:
        with Wire(hasty) as wire:
            wire.send(BEGUN if turn % 2 else BEGUN + b"X-A: ")
            return wire.push(endless(LINE if turn % 2 else b"a"))

    push(0), push(1)
    before = resident(hasty)
    with ThreadPoolExecutor(8) as pool:
        pushed = 0
        while pushed < 50 * MEBIBYTE:
            pushed += sum(pool.map(push, range(8)))
    assert resident(hasty) - before < 5 * MEBIBYTE


def resident(server: Server) -> int:
    """Bytes of memory of the server's process."""
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    raise AssertionError


@pytest.mark.parametrize("begun", [b"", BEGUN], ids=["from the first byte", "in the headers"])
def test_a_head_that_comes_a_byte_at_a_time_is_not_waited_for(hasty: Server, begun: bytes) -> None:
    before = cut(hasty, "408")
    with Wire(hasty) as wire:
        wire.send(begun)
        wire.trickle(LINE if begun else BEGUN + LINE, pause=0.1)
        assert status_of(wire.rest()) in (408, 0)  # 0: what was sent after it took it back
    assert cut(hasty, "408") == before + 1


def test_who_connects_and_says_nothing_is_let_go_without_a_word(hasty: Server) -> None:
    with Wire(hasty) as wire:
        assert wire.rest() == b""


@pytest.mark.parametrize("slow", [False, True], ids=["half", "slow"])
def test_a_body_that_does_not_come_is_not_waited_for(hasty: Server, slow: bool) -> None:
    before = cut(hasty, "408")
    with Wire(hasty) as wire:
        wire.send(FORM, b"Content-Length: 400\r\n\r\nstarts_at=")
        if slow:
            wire.trickle(b"a" * 200, pause=0.1)
        assert status_of(wire.rest()) in ((408, 0) if slow else (408,))
    assert cut(hasty, "408") == before + 1


@pytest.mark.parametrize(
    "half", [BEGUN, FORM + b"Content-Length: 400\r\n\r\n" + b"a" * 300], ids=["head", "body"]
)
def test_half_a_request_behind_a_whole_one_is_not_waited_for_either(
    hasty: Server, half: bytes
) -> None:
    with Wire(hasty) as wire:
        wire.send(GET, half)
        wire.trickle(b"a" * 90, pause=0.1)
        assert wire.rest().count(b"HTTP/1.1 200") == 1


def test_half_open_connections_go_and_others_are_served_meanwhile(hasty: Server) -> None:
    half = [Wire(hasty) for _ in range(300)]
    for wire in half:
        wire.send(BEGUN)
    serves(hasty)
    assert {status_of(wire.rest()) for wire in half} == {408}
    serves(hasty)
    for wire in half:
        wire.socket.close()


@pytest.mark.slow
def test_a_connection_that_is_used_lives_on_and_may_rest_between_requests(hasty: Server) -> None:
    with Wire(hasty) as wire:
        for _ in range(3):
            for _ in range(20):
                wire.send(GET)
                assert status_of(wire.answers(1)[0]) == 200
            time.sleep(1.5 * HASTY.head_seconds)


def test_requests_sent_ahead_are_answered_in_their_order(server: Server) -> None:
    paths = [b"/health/live", b"/api/v1/branches", b"/static/web/base.css", b"/no"]
    with Wire(server) as wire:
        wire.send(*(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in paths * 5))
        answers = wire.answers(20)
    assert [status_of(answer) for answer in answers] == [200, 200, 200, 404] * 5
    assert b'{"status":"live"}' in answers[16]


def test_who_sends_thousands_of_requests_ahead_is_cut_off_after_a_few(server: Server) -> None:
    before = cut(server, "429")
    with Wire(server) as wire:
        wire.send(GET * 5000)
        assert wire.rest().count(b'{"status":"live"}') <= LIMITS.requests + 1
    assert cut(server, "429") == before + 1
    serves(server)


def test_what_cannot_be_read_after_a_good_request_leaves_its_answer_alone(server: Server) -> None:
    with Wire(server) as wire:
        wire.send(b"GET /api/v1/branches HTTP/1.1\r\nHost: x\r\n\r\n", b"nonsense\r\n\r\n")
        answer = wire.rest()
    assert status_of(answer) == 200 and answer.count(b"HTTP/1.1") == 1


def test_who_asks_whether_to_go_on_is_told_so(server: Server) -> None:
    with Wire(server) as wire:
        wire.send(FORM, b"Content-Length: 11\r\nExpect: 100-continue\r\n\r\n")
        assert wire.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.send(b"starts_at=x")
        assert status_of(wire.answers(1)[0]) == 303
        wire.send(GET)
        assert status_of(wire.answers(1)[0]) == 200


def test_who_asks_whether_to_send_too_much_is_told_not_to(server: Server) -> None:
    with Wire(server) as wire:
        wire.send(FORM, b"Content-Length: 5000000\r\nExpect: 100-continue\r\n\r\n")
        answer = wire.rest()
    assert status_of(answer) == 413 and b"100 Continue" not in answer


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_too_long_a_body_is_told_so_while_it_is_being_sent(hasty: Server, framing: str) -> None:
    with Wire(hasty) as wire:
        if framing == "length":
            wire.send(FORM, b"Content-Length: 1000000000\r\n\r\n")
            sent = wire.push(endless(b"a"))
        else:
            wire.send(FORM, b"Transfer-Encoding: chunked\r\n\r\n")
            sent = wire.push(endless(b"1000\r\n" + b"a" * 4096 + b"\r\n"))
        assert status_of(wire.rest()) == 413
    assert sent < GONE_AFTER


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_as_long_a_body_as_may_be_is_read(server: Server, framing: str) -> None:
    body = b"starts_at=" + b"a" * (LIMITS.body_bytes - 10)
    with Wire(server) as wire:
        if framing == "length":
            wire.send(FORM, b"Content-Length: %d\r\n\r\n" % len(body), body)
        else:
            wire.send(FORM, b"Transfer-Encoding: chunked\r\n\r\n")
            wire.send(b"%x\r\n" % len(body), body, b"\r\n0\r\nX-Trailer: a\r\n\r\n")
        wire.send(GET)
        assert [status_of(answer) for answer in wire.answers(2)] == [303, 200]


@pytest.mark.parametrize("rudely", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(
    "framing", [b"Content-Length: 400\r\n\r\nstarts", b"Transfer-Encoding: chunked\r\n\r\nff\r\nst"]
)
def test_an_upload_that_is_cut_is_nobodys_fault(
    server: Server, framing: bytes, rudely: bool
) -> None:
    for _ in range(3):
        with Wire(server) as wire:
            wire.send(FORM, framing)
            serves(server)
            if rudely:
                wire.reset()
    serves(server)
    assert server.log.read_text().count("broken off by its sender") <= 1, "once a minute"


@pytest.mark.parametrize("target", [b"*", b"/*", b"//", b"http://elsewhere"])
def test_a_question_about_no_page_is_answered(server: Server, target: bytes) -> None:
    with Wire(server) as wire:
        wire.send(b"OPTIONS " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        [answer] = wire.answers(1)
        assert status_of(answer) < 500
    serves(server)


@pytest.mark.slow
def test_who_does_not_read_what_they_asked_for_is_cut_off(hasty: Server) -> None:
    ask = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    before = cut(hasty, "unread")
    with Wire(hasty, buffer_bytes=4096) as wire:
        sent = wire.push(_now_and_then(ask))
        until = time.monotonic() + SOON  # a busy server may have only begun to answer
        while cut(hasty, "unread") == before and time.monotonic() < until:
            time.sleep(0.05)
    assert sent
    assert cut(hasty, "unread") == before + 1


def _now_and_then(ask: bytes) -> Iterator[bytes]:
    for _ in range(400):
        yield ask
        time.sleep(0.02)


@pytest.mark.slow
def test_the_limits_hold_in_every_worker(server: Server, database: str, data: Path) -> None:
    several = start_servers(1, database, data, clock=MONDAY, workers=2)
    try:
        for _ in range(6):
            with Wire(several[0]) as wire:
                wire.send(BEGUN, LINE * 40)
                assert status_of(wire.rest()) == 431
        serves(several[0])
    finally:
        stop_servers(several)
