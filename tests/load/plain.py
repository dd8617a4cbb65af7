"""The smallest application there is: `python -m tests.load.plain stock|bounded`. Prints its port.

Behind uvicorn's own protocols, or behind those that `serve` uses.
"""

import sys
from typing import Any

import uvicorn

from queue_app.web.protocol import BoundedHttp
from queue_app.web.websocket import BoundedWebsocket

HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"5")]


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": b"hello"})


async def main(kind: str) -> None:
    config = uvicorn.Config(
        application,
        http="httptools" if kind == "stock" else BoundedHttp,
        ws="websockets-sansio" if kind == "stock" else BoundedWebsocket,
        port=0,
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=600,
    )
    listener = config.bind_socket()
    listener.listen()
    print(listener.getsockname()[1], flush=True)
    await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1]))
