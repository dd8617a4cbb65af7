"""The reference for boards: `python -m tests.load.bare [BYTES]`, a bare websockets server.

Prints its port. `/board` gets every frame, the first of them at once, of so many bytes if that is
said; what `/desk` sends is broadcast to all boards as it is, by `websockets.broadcast`.
"""

import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve

FIRST = '{"version":0,"called":[]}'
BYTES = int(sys.argv[1]) if sys.argv[1:] else 0


async def main() -> None:
    boards: set[ServerConnection] = set()
    first = FIRST.ljust(BYTES)

    async def answer(connection: ServerConnection) -> None:
        if connection.request and connection.request.path == "/desk":
            async for frame in connection:
                broadcast(boards, frame)
            return
        boards.add(connection)
        await connection.send(first)
        await connection.wait_closed()

    options = {"compression": None, "ping_interval": None, "backlog": 2048}
    async with serve(answer, "127.0.0.1", 0, **options) as server:  # type: ignore[arg-type]
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
