"""The server process of a demo: the usual application, and the page that shows all its faces.

Only this process has that page, which is signed in to the console and the kiosk; `serve` knows
nothing of it. It ends with the process that started it, whose end its standard input tells.
"""

import os
import signal
import threading

from litestar import Litestar

from queue_app.cli import operator, serve

STDIN = 0
FACTORY = "queue_app.cli.demo_server:application"


def main() -> None:
    threading.Thread(target=_follow, daemon=True).start()
    serve.serve(operator.settings(), with_trial=False, factory=FACTORY)


def _follow() -> None:
    while os.read(STDIN, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def application() -> Litestar:
    from queue_app.demo import page

    app = serve.application()
    app.register(page.router)
    return app


if __name__ == "__main__":
    main()
