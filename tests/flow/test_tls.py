"""TLS as its users meet it: certificates of files, clients with and without one, openssl's own client."""
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import time

import weir
from weir import free_port, tap

SAMPLE = (weir.INDIA / "posts.ndjson").read_bytes()


def make(folder, name, by=None, subject="localhost", days=30):
    """A key and a certificate, its own or signed by another; the paths."""
    if not shutil.which("openssl"):
        raise tap.Skip("there is no openssl to make certificates with")
    key, cert = str(folder.path / f"{name}.key"), str(folder.path / f"{name}.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-days", str(days), "-subj", f"/CN={subject}", "-keyout", key, "-out", cert,
               "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    if by:
        command += ["-CA", by[1], "-CAkey", by[0]]
    subprocess.run(command, check=True, capture_output=True)
    os.chmod(key, 0o600)
    return key, cert


class Tls(weir.Server):
    """A server that speaks TLS on a port, and plainly on its Unix socket."""

    def __init__(self, key, cert, args=()):
        self.port = free_port()
        super().__init__(args=["--tls-cert", cert, "--tls-key", key, *args])
        self.process.kill()
        self.process.wait()
        self.listen.append(f"127.0.0.1:{self.port}")
        command = self.process.args + ["--listen", self.listen[1]]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=weir.ROOT,
                                        stdout=self.log, stderr=self.log)

    def secure(self, ca, client=None):
        context = ssl.create_default_context(cafile=ca)
        if client:
            context.load_cert_chain(client[1], client[0])
        plain = self.connect(self.listen[1])
        return context.wrap_socket(plain, server_hostname="localhost")


def ask(s, data):
    """As weir.ask; TLS has no half-closed socket here: what is due is counted. All is sent before
    answers are read: one connection of OpenSSL's must not be used by two threads at once."""
    due = len(weir.decide(SAMPLE)) + 2  # two skips
    s.sendall(data)
    f = s.makefile("rb")
    lines = [f.readline() for _ in range(due)]
    s.close()
    return [x.rstrip(b"\n") for x in lines if not x.startswith(b'{"v":1,"skip":')]


def test_answers_are_the_same_by_tls():
    with weir.Folder() as folder:
        key, cert = make(folder, "server")
        with Tls(key, cert) as server:
            assert ask(server.secure(cert), SAMPLE) == weir.decide(SAMPLE)
            plain = weir.ask(server.connect(), SAMPLE)  # the Unix socket stays plain
            assert plain.count(b"\n") == len(weir.decide(SAMPLE)) + 2


def test_clients_need_a_certificate_where_that_is_asked_for():
    with weir.Folder() as folder:
        key, cert = make(folder, "server")
        ca = make(folder, "ca", subject="clients")
        known, stranger = make(folder, "known", by=ca, subject="known"), make(folder, "stranger")
        with Tls(key, cert, args=["--tls-client-ca", ca[1]]) as server:
            assert ask(server.secure(cert, known), SAMPLE) == weir.decide(SAMPLE)
            for client in (None, stranger):
                try:
                    s = server.secure(cert, client)
                    s.sendall(SAMPLE)
                    refused = not s.recv(1)
                except (ssl.SSLError, ConnectionError):
                    refused = True
                assert refused, f"{client} was let in"
            assert ask(server.secure(cert, known), SAMPLE) == weir.decide(SAMPLE)


def test_what_is_no_tls_is_told_and_harms_nobody():
    with weir.Folder() as folder:
        key, cert = make(folder, "server")
        with Tls(key, cert) as server:
            s = server.connect(server.listen[1])
            who = "%s:%d" % s.getsockname()
            s.sendall(SAMPLE)
            try:
                while s.recv(1 << 16):
                    pass
            except ConnectionError:
                pass
            assert ask(server.secure(cert), SAMPLE) == weir.decide(SAMPLE)
            assert f"TLS handshake with {who}: the client does not speak TLS\n" in server.said(), \
                server.said()


def test_who_was_reset_by_his_peer_is_named():
    with weir.Folder() as folder:
        key, cert = make(folder, "server")
        with Tls(key, cert) as server:
            s = server.secure(cert)
            who = "%s:%d" % s.getsockname()
            s.sendall(SAMPLE[:SAMPLE.index(b"\n") + 1])
            s.recv(1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
            end = time.monotonic() + weir.PATIENCE_S
            while "TLS with" not in server.said() and time.monotonic() < end:
                time.sleep(0.02)
            assert f"TLS with {who}: " in server.said(), server.said()


def test_beyond_max_connections_nothing_is_said_that_is_no_tls():
    with weir.Folder() as folder:
        key, cert = make(folder, "server")
        with Tls(key, cert, args=["--max-connections", "1"]) as server:

            def secure():
                try:
                    return server.secure(cert)
                except (ssl.SSLEOFError, ssl.SSLZeroReturnError):  # by the version of ssl
                    return None
                except ConnectionError:  # over what it has sent
                    return None

            one = secure()
            while not one:  # the place is that of whoever looked whether the server listens
                one = secure()
            assert [secure() for _ in range(3)] == [None] * 3
            assert ask(one, SAMPLE) == weir.decide(SAMPLE)


def test_certificates_are_renewed_with_the_rules():
    with weir.Folder() as folder:
        key, cert = make(folder, "server")
        with Tls(key, cert) as server:
            old = server.secure(cert)
            before = old.getpeercert(True)
            make(folder, "server")
            server.process.send_signal(signal.SIGHUP)
            end = time.monotonic() + weir.PATIENCE_S
            while "what they were" not in server.said() and time.monotonic() < end:
                time.sleep(0.02)
            new = server.secure(cert)
            assert new.getpeercert(True) != before
            assert ask(new, SAMPLE) == weir.decide(SAMPLE)
            assert ask(old, SAMPLE) == weir.decide(SAMPLE), "connections go on as they began"
            os.unlink(cert)
            server.process.send_signal(signal.SIGHUP)
            while "goes on with the certificate" not in server.said() and time.monotonic() < end:
                time.sleep(0.02)
            assert "goes on with the certificate" in server.said(), server.said()


def test_a_certificate_that_expires_soon_is_told_of():
    with weir.Folder() as folder:
        key, cert = make(folder, "server", days=15)
        with Tls(key, cert) as server:
            assert "expires soon" not in server.said(), server.said()
            make(folder, "server", days=13)  # into the same files
            end = time.monotonic() + weir.PATIENCE_S
            server.process.send_signal(signal.SIGHUP)
            while "expires soon" not in server.said() and time.monotonic() < end:
                time.sleep(0.02)
            assert f"--tls-cert {cert}: a certificate expires soon; it is valid until 2" in server.said(), \
                server.said()
        with Tls(key, cert) as server:
            assert server.said().count("expires soon") == 1, server.said()


def test_openssl_talks_to_it():
    with weir.Folder() as folder:
        key, cert = make(folder, "server")
        line = b'{"id":"1","author":"@x","hashtags":["ModiPlanningFarmerGenocide"]}\n'
        with Tls(key, cert) as server:
            s = subprocess.Popen(["openssl", "s_client", "-quiet", "-CAfile", cert, "-verify_return_error",
                                  "-connect", f"127.0.0.1:{server.port}"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            server.connect(server.listen[1]).close()
            s.stdin.write(line)
            s.stdin.flush()
            answer = s.stdout.readline()
            s.kill()
            s.wait()
    assert answer.rstrip(b"\n") == weir.decide(line)[0], answer


def test_what_is_wrong_with_files_is_told():
    with weir.Folder() as folder:
        key, cert = make(folder, "server")
        other, _ = make(folder, "other")
        for files, expected in (([cert, other], b"other.key"), (["/nowhere.pem", key], b"/nowhere.pem")):
            done = weir.run("serve", "--rules", weir.INDIA, "--listen", "127.0.0.1:0", "--tls-cert",
                            files[0], "--tls-key", files[1], timeout=30)
            assert done.code == 4 and expected in done.err, done.text()


def test_tls_may_listen_beyond_loopback():
    with weir.Folder() as folder:
        key, cert = make(folder, "server")
        s = subprocess.Popen([weir.TAGWEIR, "serve", "--rules", weir.INDIA, "--listen", "0.0.0.0:0",
                              "--tls-cert", cert, "--tls-key", key], stderr=subprocess.PIPE, cwd=weir.ROOT)
        said = s.stderr.readline()
        s.terminate()
        s.communicate()
    assert said.startswith(b"tagweir: listening on 0.0.0.0:"), said


if __name__ == "__main__":
    tap.main()
