#!/usr/bin/env python3
"""Whether Python's huggingface_hub and `from_hub` find in one cache what the other has loaded.

    check_hub_cache.py MODEL FROM_HUB

MODEL is a folder in the layout of sentence-transformers, FROM_HUB the built example of that name. A fake hub serves the
folder as org/model, by the paths that both use. Each loads it into an empty cache, and the other then finds it there
without the hub, with the same content. Needs huggingface_hub.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from serve_hub import NAME, serve


def same(folder, files, where):
    found = {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
    assert found.items() <= files.items(), f"{where}: another content in {folder}"
    assert {"model.onnx", "tokenizer.json", "config.json", "1_Pooling/config.json"} <= found.keys(), f"{where}: {sorted(found)}"


def main():
    model, program = Path(sys.argv[1]), sys.argv[2]
    server = serve(model)
    files = server.files
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
