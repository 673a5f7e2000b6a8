#!/usr/bin/env python3
"""A hub on this machine, by the paths of Hugging Face's: serves one model's folder under one commit.

    serve_hub.py MODEL [--name ORGANISATION/NAME] [--commit COMMIT]

MODEL is a folder in the layout of sentence-transformers. Prints the address on one line, and serves until its input ends.
"""

import argparse
import hashlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
NAME = "org/model"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        model = f"/api/models/{self.server.description['id']}"
        if path.startswith(f"{model}/tree/"):
            return self.reply(json.dumps(tree(self.server.files)).encode(), {})
        if path.startswith(model):
            return self.reply(json.dumps(self.server.description).encode(), {})
        self.file(path)

    def do_HEAD(self):
        self.file(self.path.split("?")[0])

    def file(self, path):
        commit = self.server.description["sha"]
        name = path.split(f"/resolve/{commit}/")[-1].replace("/resolve/main/", "")
        content = self.server.files.get(name)
        if content is None:
            return self.reply(b"{}", {}, 404)
        sha256, git = sums(content)
        headers = {"ETag": f'"{git}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if name.endswith(".onnx"):
            headers["X-Linked-Etag"] = f'"{sha256}"'
            headers["X-Linked-Size"] = str(len(content))
        self.reply(content, headers)

    def reply(self, content, headers, status=200):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


def sums(content):
    return hashlib.sha256(content).hexdigest(), hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def described(files, name, commit):
    siblings = []
    for path, content in files.items():
        sha256, git = sums(content)
        sibling = {"rfilename": path, "size": len(content), "blobId": git}
        if path.endswith(".onnx"):
            sibling["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 134}
        siblings.append(sibling)
    return {"id": name, "modelId": name, "sha": commit, "private": False, "siblings": siblings, "tags": [], "downloads": 0, "likes": 0}


def tree(files):
    entries = []
    for name, content in files.items():
        sha256, git = sums(content)
        entry = {"type": "file", "path": name, "size": len(content), "oid": git}
        if name.endswith(".onnx"):
            entry["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 134}
        entries.append(entry)
    return entries


def serve(model, name=NAME, commit=COMMIT):
    """A running server of a model's folder; its files by path are `files`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files = {path.relative_to(model).as_posix(): path.read_bytes() for path in Path(model).rglob("*") if path.is_file()}
    server.description = described(server.files, name, commit)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--name", default=NAME)
    parser.add_argument("--commit", default=COMMIT)
    args = parser.parse_args()
    server = serve(args.model, args.name, args.commit)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
