#!/usr/bin/env python3
"""Whether Python's huggingface_hub and `from_hub` find in one cache what the other has loaded.

    check_hub_cache.py MODEL FROM_HUB

MODEL is a folder in the layout of sentence-transformers, FROM_HUB the built example of that name. A fake hub serves the
folder as org/model, by the paths that both use. Each loads it into an empty cache, and the other then finds it there
without the hub, with the same content. Needs huggingface_hub.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
NAME = "org/model"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.startswith(f"/api/models/{NAME}/tree/"):
            return self.reply(json.dumps(tree(self.server.files)).encode(), {})
        if path.startswith(f"/api/models/{NAME}"):
            return self.reply(json.dumps(self.server.description).encode(), {})
        self.file(path)

    def do_HEAD(self):
        self.file(self.path.split("?")[0])

    def file(self, path):
        name = path.split(f"/resolve/{COMMIT}/")[-1].replace("/resolve/main/", "")
        content = self.server.files.get(name)
        if content is None:
            return self.reply(b"{}", {}, 404)
        sha256, git = sums(content)
        headers = {"ETag": f'"{git}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
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


def described(files):
    siblings = []
    for name, content in files.items():
        sha256, git = sums(content)
        sibling = {"rfilename": name, "size": len(content), "blobId": git}
        if name.endswith(".onnx"):
            sibling["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 134}
        siblings.append(sibling)
    return {"id": NAME, "modelId": NAME, "sha": COMMIT, "private": False, "siblings": siblings, "tags": [], "downloads": 0, "likes": 0}


def tree(files):
    entries = []
    for name, content in files.items():
        sha256, git = sums(content)
        entry = {"type": "file", "path": name, "size": len(content), "oid": git}
        if name.endswith(".onnx"):
            entry["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 134}
        entries.append(entry)
    return entries


def same(folder, files, where):
    found = {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
    assert found.items() <= files.items(), f"{where}: another content in {folder}"
    assert {"model.onnx", "tokenizer.json", "config.json", "1_Pooling/config.json"} <= found.keys(), f"{where}: {sorted(found)}"


def main():
    model, program = Path(sys.argv[1]), sys.argv[2]
    files = {str(path.relative_to(model)): path.read_bytes() for path in model.rglob("*") if path.is_file()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.description = files, described(files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}"
    os.environ["HF_HUB_DISABLE_XET"] = "1"
    from huggingface_hub import snapshot_download

    def ours(cache, *more):
        environment = {**os.environ, "HF_HUB_CACHE": cache}
        return subprocess.run([program, NAME, *more], env=environment, check=True, capture_output=True, text=True).stdout.strip()

    with tempfile.TemporaryDirectory() as cache:
        same(ours(cache), files, "from_hub")
        same(snapshot_download(NAME, cache_dir=cache, local_files_only=True), files, "Python after from_hub")
        print("Python finds what from_hub has loaded")
    with tempfile.TemporaryDirectory() as cache:
        same(snapshot_download(NAME, cache_dir=cache), files, "Python")
        server.shutdown()
        same(ours(cache, "--offline"), files, "from_hub after Python")
        print("from_hub finds what Python has loaded")


if __name__ == "__main__":
    main()
