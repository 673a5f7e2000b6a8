#!/usr/bin/env python3
"""A fake embeddings server over a real model, so that a served encoder can be compared with one that runs here.

    serve_encoder.py MODEL [--port 8178]

MODEL is a folder in the layout of sentence-transformers with mean pooling, such as models/all-MiniLM-L6-v2. It answers
POST /v1/embeddings in OpenAI's format, numbers or base64, and GET /info and POST /embed in that of Text Embeddings
Inference. It is no server to use: one text at a time, no limits, no keys. Vectors come from onnxruntime and tokenizers,
as in golden_embed.py. The check against it:

    RANKER_SERVED=http://127.0.0.1:8178/v1 cargo test -p ranker-embed --features api --test it -- --ignored api::live

Needs numpy, onnxruntime and tokenizers.
"""

import argparse
import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from golden_embed import Model


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path != "/info":
            return self.reply(404, {"error": "no such route"})
        limit = self.server.model.limit
        self.reply(200, {"model_id": self.server.name, "max_input_length": limit, "max_client_batch_size": 32})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/v1/embeddings":
            return self.open_ai(body)
        if self.path == "/embed":
            return self.tei(body)
        self.reply(404, {"error": "no such route"})

    def open_ai(self, body):
        embedded = [self.server.model.embed(text) for text in body["input"]]
        vectors = [self.form(body, vector) for vector, _ in embedded]
        data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
        tokens = sum(min(count, self.server.model.limit) for _, count in embedded)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        self.reply(200, {"object": "list", "data": data, "model": self.server.name, "usage": usage})

    def form(self, body, vector):
        vector = vector.astype("<f4")
        if body.get("encoding_format") == "base64":
            return base64.b64encode(vector.tobytes()).decode()
        return [float(x) for x in vector]

    def tei(self, body):
        embedded = [self.server.model.embed(text) for text in body["inputs"]]
        limit = self.server.model.limit
        longest = max(count for _, count in embedded)
        if longest > limit and not body.get("truncate"):
            error = f"`inputs` must have less than {limit} tokens. Given: {longest}"
            return self.reply(413, {"error": error, "error_type": "Validation"})
        rows = [[float(x) for x in vector.astype("<f4")] for vector, _ in embedded]
        self.reply(200, rows, tokens=sum(min(count, limit) for _, count in embedded))

    def reply(self, status, body, tokens=None):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if tokens is not None:
            self.send_header("x-compute-tokens", str(tokens))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--port", type=int, default=8178)
    args = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    server.model, server.name = Model(args.model), args.model.resolve().name
    print(f"serving {server.name} at http://127.0.0.1:{args.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
