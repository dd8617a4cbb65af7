"""The reference for boards: `python -m tests.load.bare`, a bare websockets server.

Prints its port. `/board` gets every frame, the first of them at once; what `/desk` sends is
broadcast to all boards as it is, by `websockets.broadcast`.
"""

from websockets.asyncio.server import ServerConnection, broadcast, serve

FIRST = '{"version":0,"called":[]}'


async def main() -> None:
    boards: set[ServerConnection] = set()

    async def answer(connection: ServerConnection) -> None:
        if connection.request and connection.request.path == "/desk":
            async for frame in connection:
                broadcast(boards, frame)
            return
        boards.add(connection)
        await connection.send(FIRST)
        await connection.wait_closed()

    async with serve(answer, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
