"""`python -m tests.load.askers HOST PORT COUNT PATH`: a crowd of one address.

Each of COUNT connections asks for PATH again as soon as it is answered. For each line of its input
it prints how many answers the crowd has had so far.
"""

import asyncio
import sys


class Asking:
    """The crowd's answers so far."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self.host = host
        self.port = port
        self.request = f"GET {path} HTTP/1.1\r\nHost: load\r\n\r\n".encode()
        self.answers = 0

    async def ask(self) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        while True:
            writer.write(self.request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head.startswith(b"http/1.1 200"), head
            told = next(one for one in head.split(b"\r\n") if one.startswith(b"content-length:"))
            await reader.readexactly(int(told[15:]))
            self.answers += 1


async def main() -> None:
    host, port, count, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    asking = Asking(host, port, path)
    async with asyncio.TaskGroup() as crowd:
        for _ in range(count):
            crowd.create_task(asking.ask())
        while await asyncio.to_thread(sys.stdin.readline):
            print(asking.answers, flush=True)


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
