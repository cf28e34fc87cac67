"""A server that gives out tokens as Google's does."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class TokenServer:
    """Used as a context; `status` and `answer` say what it answers, where not with a token."""

    def __init__(self) -> None:
        self.status = 200
        self.answer: dict[str, object] | None = None
        self.given = 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                owner.given += 1
                token = {"access_token": f"token-{owner.given}", "expires_in": 3600, "token_type": "Bearer"}
                body = json.dumps(owner.answer or token).encode()
                self.send_response(owner.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self._server.server_port}/token"

    def __enter__(self) -> "TokenServer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
