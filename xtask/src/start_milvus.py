"""Becomes a server of Milvus: start_milvus.py PROGRAMS FOLDER PORT MANAGEMENT.

The package holds the server compressed, and writes its settings; but for its etcd it lets ports be chosen.
"""

import os
import socket
import sys

import milvus


def address():
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{own.getsockname()[1]}"


programs, folder, port, management = sys.argv[1:]
clients, peers = address(), address()
etcd = os.path.join(folder, "etcd.yaml")
with open(etcd, "w", encoding="utf-8") as settings:
    settings.write(
        f"name: default\nlisten-client-urls: {clients}\nadvertise-client-urls: {clients}\n"
        f"listen-peer-urls: {peers}\ninitial-advertise-peer-urls: {peers}\ninitial-cluster: default={peers}\n"
    )
own = {"data_dir": folder, "proxy_port": port, "etcd_port": clients.rsplit(":", 1)[1]}
milvus.MilvusServerConfig(**own).resolve()
milvus._initialize_data_files(programs)
programs = os.path.join(programs, "bin")
os.environ.update(
    DEPLOY_MODE="STANDALONE",
    ETCD_CONFIG_PATH=etcd,
    LD_LIBRARY_PATH=programs,
    METRICS_PORT=management,
    MILVUS_RUN_DIR=os.path.join(folder, "run"),
)
os.chdir(folder)
os.execv(os.path.join(programs, "milvus"), ["milvus", "run", "standalone"])
