"""Serve the shop: ``python -X directives serve.py HOST PORT``."""

from __future__ import annotations

import sys
from threading import Thread

from shop.app import create_app
from werkzeug.serving import BaseWSGIServer
from werkzeug.serving import WSGIRequestHandler
from werkzeug.serving import make_server

from directives.runtime import runtime
from directives.shell.build import prerender


class Log(WSGIRequestHandler):
    """One short line for each request; what a form captured fills a screen otherwise."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        path = self.path if len(self.path) <= 64 else f"{self.path[:64]}..."
        print(f"{self.command} {path} -> {int(code)}", file=sys.stderr, flush=True)


def main(host: str, port: int) -> None:
    app = create_app()
    prerender(app, runtime)  # a deploy of your own has `directives prerender` do it
    server = make_server(host, port, app, threaded=True, request_handler=Log)
    print(f"http://{host}:{server.server_port}", flush=True)
    Thread(target=stop_with_parent, args=(server,), daemon=True).start()
    server.serve_forever()


def stop_with_parent(server: BaseWSGIServer) -> None:
    """End when our standard input ends: the demo holds it open, and lets go however it ends."""
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
