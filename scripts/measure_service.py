"""Runs `axum_server` as strangers, clients and failures would, and prints what docs/SERVICE.md shows.

    cargo build --release -p ranker-examples --example axum_server
    python3 scripts/measure_service.py target/release/examples/axum_server

Python's standard library is all it needs. ORT_DYLIB_PATH is passed on, as for any example.

Nobody was asked: feedback is sent by made-up clients who know the bundled data's planted truth, and who want people
from the opening's city, of which the prior knows nothing. Each bundled job is opened in five cities. Of an opening's
first 40, who fits (a grade from 1 in data/bundled/qrels.tsv) and lives there (the fact `location`) is graded 3, who
has the right occupation (from 2) and lives elsewhere 1, and everybody else 0.
"""

import argparse
import collections
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "data" / "bundled"
CLIENTS = {name: f"{name}-token-of-some-length" for name in ("ann", "ben", "cleo", "dan", "eve")}
# The most that a job may have, in bytes.
LARGEST = 64 << 10


class Server:
    """A server process over a folder."""

    def __init__(self, binary, folder, *more):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [binary, "--listen", f"127.0.0.1:{self.port}", "--data", str(folder), *more],
            stderr=subprocess.DEVNULL,
        )
        begun = time.time()
        while True:
            try:
                if self.call("GET", "/health")[0] == 200:
                    break
            except OSError:
                if self.process.poll() is not None or time.time() - begun > 300:
                    raise SystemExit("the server did not start")
                time.sleep(0.05)
        self.started = time.time() - begun

    def call(self, method, path, body=None, client="ann"):
        """The status and the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"authorization": f"Bearer {CLIENTS[client]}"}
        if method != "GET":
            headers["content-type"] = "application/json"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None

    def leave_after(self, body, seconds):
        """Sends a job and hangs up before it is answered."""
        text = json.dumps(body).encode()
        with socket.create_connection(("127.0.0.1", self.port)) as stream:
            stream.sendall(
                b"POST /rank HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                + f"authorization: Bearer {CLIENTS['ann']}\r\ncontent-length: {len(text)}\r\n\r\n".encode()
                + text
            )
            time.sleep(seconds)

    def cpu(self):
        """Processor seconds used so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, key):
        """Megabytes."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) / 1024
        return float("nan")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--only", default="", help="measure only what has this in its name, such as a_life")
    args = parser.parse_args()
    binary = args.binary
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ranker-service-"))
    clients = folder / "clients"
    clients.write_text("".join(f"{name} {token}\n" for name, token in CLIENTS.items()))
    try:
        for measure in (a_life, one_recruiter, one_client, load, leavers, at_once, erasure):
            if args.only not in measure.__name__:
                continue
            place = folder / measure.__name__
            measure(binary, place, ["--clients", str(clients)])
    finally:
        shutil.rmtree(folder)


def jobs():
    return [json.loads(line) for line in (DATA / "jobs.jsonl").read_text().splitlines()]


def asked(job, top=10, extra=""):
    return {"title": job["title"], "text": job["text"] + extra, "top": top}


def grades():
    found = {}
    for line in (DATA / "qrels.tsv").read_text().splitlines()[1:]:
        job, profile, grade = line.split("\t")
        found[job, profile] = int(grade)
    return found


# Cities in which each job is opened: those in which most people live who fit.
CITIES = 5


def openings():
    """Each job in five cities, and the grades of its candidates that are not 0."""
    judged = grades()
    profiles = [json.loads(line) for line in (DATA / "profiles.jsonl").read_text().splitlines()]
    lives = {profile["id"]: profile["facts"]["location"] for profile in profiles}
    for job in jobs():
        fits = {who: grade for (of, who), grade in judged.items() if of == job["id"] and grade >= 1}
        for city, _ in collections.Counter(lives[who] for who in fits).most_common(CITIES):
            text = job["text"].replace(f"based in {job['facts']['location']}", f"based in {city}")
            local = {who: 3 for who in fits if lives[who] == city}
            yield {**job, "text": text}, {who: 1 for who, grade in fits.items() if grade >= 2} | local


def teach(server, clients):
    """Sends the grades of all openings, each opening graded by two of the clients; how many were sent."""
    sent = 0
    for at, (job, truth) in enumerate(openings()):
        for client in sorted({clients[at % len(clients)], clients[(at + 1) % len(clients)]}):
            _, shown = server.call("POST", "/rank", asked(job, 40), client)
            for candidate in shown["candidates"]:
                grade = truth.get(candidate["id"], 0)
                body = {"ranking": shown["ranking"], "kind": "grade", "candidate": candidate["id"], "grade": grade}
                sent += server.call("POST", "/feedback", body, client)[0] == 201
    return sent


def learn(server):
    """The answer of the gate, printed."""
    begun = time.time()
    status, learned = server.call("POST", "/learn", {})
    print(f"learn: {status} after {time.time() - begun:.1f} s,", "served" if learned.get("served") else "refused",
          "|", "; ".join(learned.get("reasons", [str(learned)])), "| nDCG change and its lower bound:", learned.get("ndcg_change"))
    return learned


def title(text):
    print(f"\n## {text}\n", flush=True)


def a_life(binary, place, more):
    """Rank, feedback, learn refused, learn promoted, kill -9, restart, rollback."""
    title("Feedback, the gate, a crash, a rollback")
    server = Server(binary, place, *more)
    first = jobs()[0]
    _, ranking = server.call("POST", "/rank", asked(first, 3))
    print("stages of a ranking, ms:", ", ".join(f"{stage} {ms:.1f}" for stage, ms in ranking["stages"]))
    prior = ranking["model"]
    better, worse = (ranking["candidates"][at]["id"] for at in (1, 0))
    event = {"ranking": ranking["ranking"], "kind": "preference", "better": better, "worse": worse}
    print("feedback on one job:", server.call("POST", "/feedback", event)[0])
    learn(server)
    sent = teach(server, list(CLIENTS)[:4])
    print(f"{sent} grades of {len(list(openings()))} openings by four clients")
    learn(server)
    model = server.call("GET", "/health")[1]["model"]
    print("another model serves:", model != prior)
    server.stop(signal.SIGKILL)
    server = Server(binary, place, *more)
    again = server.call("GET", "/health")[1]["model"]
    print(f"kill -9; open again in {server.started:.2f} s: the same model serves: {model == again}")
    old = server.call("GET", f"/explain/{ranking['ranking']}/{better}")
    print("a ranking of the first model is explained:", old[0], "| sum of its parts is its score:",
          abs(sum(part["contribution"] for part in old[1]["parts"]) + old[1]["base"] - old[1]["score"]) < 1e-6)
    status, back = server.call("POST", "/rollback", {})
    print("rollback:", status, "| the model before it serves:", back.get("model") == prior)
    server.stop()


def one_recruiter(binary, place, more):
    """What one client says decides only where the operator trusts it."""
    title("A team of one recruiter")
    server = Server(binary, place, *more)
    print(f"{teach(server, ['ann'])} grades by one client")
    learn(server)
    server.stop()
    server = Server(binary, place, *more, "--trust", "ann")
    print("started again with --trust ann")
    learn(server)
    server.stop()


def one_client(binary, place, more):
    title("61 events of one client on one job")
    server = Server(binary, place, *more)
    before = server.call("GET", "/health")[1]["model"]
    _, ranking = server.call("POST", "/rank", asked(jobs()[0], 10), "eve")
    last = ranking["candidates"][-1]["id"]
    kinds = ["click", "opened", "shortlist"]
    for number in range(61):
        server.call("POST", "/feedback", {"ranking": ranking["ranking"], "kind": kinds[number % 3], "candidate": last}, "eve")
    _, learned = server.call("POST", "/learn", {}, "eve")
    print("learn:", "served" if learned.get("served") else "refused", "|", *learned.get("reasons", [str(learned)]))
    print("the model that serves has not changed:", server.call("GET", "/health")[1]["model"] == before)
    server.stop()


def load(binary, place, more):
    title("50 clients with small jobs, without and beside 8 with the largest allowed")
    server = Server(binary, place, *more, "--at-once", "64")
    small = [asked(job) for job in jobs()]
    words = " ".join(json.loads(line)["text"] for line in (DATA / "profiles.jsonl").read_text().splitlines())
    alone = beside(server, small, [])
    large = [{"text": words[at * 1000 : at * 1000 + LARGEST - 100], "top": 10} for at in range(8)]
    both = beside(server, small, large)
    for name, times in (("without", alone), ("beside the large", both)):
        print(f"{name}: {len(times)} answers, p50 {1e3 * quantile(times, .5):.0f} ms, p99 {1e3 * quantile(times, .99):.0f} ms")
    print(f"p99 beside / without: {quantile(both, .99) / quantile(alone, .99):.2f}")
    server.stop()


def beside(server, small, large, seconds=15):
    """Times of small jobs: each client sends one every five seconds, the others one after the other."""
    times, refused, until = [], [0], time.time() + seconds

    def client(number):
        at = number
        time.sleep(number / 50)
        while time.time() < until:
            begun = time.time()
            status, _ = server.call("POST", "/rank", small[at % len(small)])
            if status == 200:
                times.append(time.time() - begun)
            else:
                refused[0] += 1
            at += 1
            time.sleep(max(0.0, begun + 5 - time.time()))

    def other(body):
        while time.time() < until:
            server.call("POST", "/rank", body)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(50)]
    threads += [threading.Thread(target=other, args=(body,)) for body in large]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused[0]:
        print(f"{refused[0]} of them were answered otherwise than 200")
    return times


def leavers(binary, place, more):
    title("Ten clients that leave after half a second")
    server = Server(binary, place, *more)
    words = " ".join(json.loads(line)["text"] for line in (DATA / "profiles.jsonl").read_text().splitlines())
    job = asked(jobs()[3])
    alone = statistics.median(timed(lambda: server.call("POST", "/rank", asked(job, extra=f" {n}"))) for n in range(9))
    threads = [
        threading.Thread(target=server.leave_after, args=({"text": words[n * 5000 : n * 5000 + LARGEST - 100]}, 0.5))
        for n in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = server.cpu()
    waited = timed(lambda: server.call("POST", "/rank", asked(job, extra=" next")))
    time.sleep(5)
    print(f"the next client waited {1e3 * waited:.0f} ms, {waited / alone:.2f} times a ranking alone ({1e3 * alone:.0f} ms)")
    print(f"processor seconds in the five seconds after they left, the next client's included: {server.cpu() - used:.2f}")
    server.stop()


def at_once(binary, place, more):
    for name, options in (("with", ()), ("without", ("--no-late-interaction",))):
        title(f"20 rankings at once, {name} late interaction")
        # Served models belong to one set of features, so each has a folder of its own.
        server = Server(binary, place / name, *more, "--at-once", "64", *options)
        alone = [timed(lambda: server.call("POST", "/rank", asked(job))) for job in jobs()]
        print(f"one at a time: p50 {1e3 * quantile(alone, .5):.0f} ms")
        new = [asked(job, extra=f" {n}") for n in range(10) for job in jobs()][:200]
        # Jobs that were ranked before need no encoder.
        for jobs_are, bodies in (("new", new), ("known", new * 3)):
            took, times = by_twenty(server, bodies)
            print(f"{jobs_are} jobs: {len(bodies) / took:.1f} a second, p50 {1e3 * quantile(times, .5):.0f} ms, "
                  f"p99 {1e3 * quantile(times, .99):.0f} ms")
        print(f"memory {server.memory('VmRSS'):.0f} MB, at most {server.memory('VmHWM'):.0f} MB")
        server.stop()


def by_twenty(server, bodies):
    """The seconds in which twenty clients have all jobs ranked, and those of each ranking."""
    times, begun, left = [], time.time(), iter(bodies)
    lock = threading.Lock()

    def client():
        while True:
            with lock:
                body = next(left, None)
            if body is None:
                return
            times.append(timed(lambda: server.call("POST", "/rank", body)))

    threads = [threading.Thread(target=client) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.time() - begun, times


def erasure(binary, place, more):
    title("A person is erased")
    server = Server(binary, place, *more)
    person = {"id": "person-zyxw", "title": "Ornithologist", "text": "Qwertzian Falkenrath counts kestrels in Vorarlberg; fourteen years of ringing."}
    server.call("PUT", "/profiles", person)
    job = {"title": "Ornithologist", "text": "Count kestrels and ring birds", "top": 5}
    _, ranking = server.call("POST", "/rank", job)
    server.call("POST", "/feedback", {"ranking": ranking["ranking"], "kind": "click", "candidate": person["id"]})
    print("held:", json.dumps(server.call("GET", f"/profiles/{person['id']}/held")[1]))
    before = traces(place, person)
    status, receipt = server.call("DELETE", f"/profiles/{person['id']}")
    print("receipt:", status, json.dumps(receipt))
    after = traces(place, person)
    server.stop()
    closed = traces(place, person)
    print("\n| file | id, name or words before | after | after it closed |\n|---|---|---|---|")
    for name in sorted(before | after | closed):
        print(f"| {name} | {before.get(name, '')} | {after.get(name, '')} | {closed.get(name, '')} |")


def traces(place, person):
    """How often each file under a folder names a person, by id, name, or rare word."""
    found = {}
    for path in sorted(place.rglob("*")):
        if path.is_file():
            content = path.read_bytes().lower()
            words = (person["id"], "falkenrath", "qwertzian", "vorarlberg")
            name = str(path.relative_to(place))
            # Segments have names of their own each time.
            name = name.rsplit(".", 1)[0][:12] + "…." + name.rsplit(".", 1)[1] if "words/" in name else name
            found[name] = found.get(name, 0) + sum(content.count(word.encode()) for word in words)
    return found


def timed(work):
    begun = time.time()
    work()
    return time.time() - begun


def quantile(times, share):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


main()
