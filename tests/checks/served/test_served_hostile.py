"""A server that means ill costs a sentence: no hang, no memory, no other host, no flattering number."""

from __future__ import annotations

import datetime as dt
import gzip
import ipaddress
import json
import ssl
import time

import numpy as np
import pytest
from inference import Served, raw, request_of, running

from aigov import Endpoint, MissingInputError, Subject, UnsupportedInputError
from aigov_checks.model.robustness import robustness
from aigov_checks.model.robustness.params import RobustnessParams
from aigov_checks.model.served.session import Session

pytestmark = pytest.mark.loopback
X = np.random.default_rng(0).uniform(0, 1, (6, 4)).astype(np.float32)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def scores(x):
    return np.stack([x.sum(axis=1), 2 - x.sum(axis=1)], axis=1).astype(np.float32)


def reason(url, **declared):
    """Return why a model there is not measured, in words that are whole in both languages."""
    subject = Subject.from_objects(
        "plant", model=Endpoint(url, "plant", **{"timeout": 0.6, "retries": 1, **declared}), test=(X, np.arange(6) % 2)
    )
    began = time.monotonic()
    with pytest.raises(UnsupportedInputError) as error:
        robustness.function(subject, RobustnessParams(queries=5, curve=()))
    assert time.monotonic() - began < 5
    for lang in ("en", "zh-CN"):
        assert "{" not in error.value.sentence(lang).replace(str(error.value.message.args.get("begins", "\0")), "")
    message = error.value.message
    return message.args["problem"].id if "problem" in message.args else message.id


def answering(data):
    """Return a behaviour: answer every request with the same bytes, and hang up."""

    def behave(connection, _):
        request_of(connection)
        connection.sendall(data)

    return behave


def whole(body, head=OK):
    return head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def endless(head, piece, pause=0.0):
    def behave(connection, _):
        request_of(connection)
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(pause)

    return behave


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        (endless(OK + b"\r\n", b"x" * 65536), "served.too-large"),
        (
            endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"),
            "served.too-large",
        ),
        (answering(OK + b"Content-Length: 99999999999999\r\n\r\n"), "served.too-large"),
        (endless(OK + b"Content-Length: 5000\r\n\r\n", b"x", 0.05), "served.timeout"),
        (endless(b"", b"H", 0.05), "served.timeout"),
        (endless(OK, b"X: y\r\n", 0.02), "served.timeout"),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), "served.timeout"),
        (endless(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n", 0.01), "served.timeout"),
        (lambda connection, _: time.sleep(3), "served.timeout"),
        (endless(OK, b"X: y\r\n"), "served.broken"),
        (endless(b"", b"H" * 1000), "served.broken"),
        (endless(OK + b"X: ", b"y" * 1000), "served.broken"),
        (lambda connection, _: request_of(connection), "served.no-connection"),
        (lambda connection, _: None, "served.no-connection"),
        (answering(OK + b"Content-Length: 500\r\n\r\n{"), "served.broken"),
        (answering(OK + b"Transfer-Encoding: chunked\r\n\r\n100\r\n{"), "served.broken"),
        (answering(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "served.broken"),
        (answering(b"SSH-2.0-OpenSSH_9.6\r\n"), "served.broken"),
        (answering(whole(b"<html><body>Sign in</body></html>")), "served.not-json"),
        (answering(whole(b"[1, 2]")), "served.not-json"),
        (answering(whole(b"[" * 200_000)), "served.not-json"),
        (answering(whole(b"")), "served.not-json"),
        (answering(whole(b"\xff\xfe\x00")), "served.not-json"),
        (answering(whole(b'{"inputs": ' + b"9" * 6000 + b"}")), "served.not-json"),
        (answering(whole(gzip.compress(b"0" * 10_000_000), OK + b"Content-Encoding: gzip\r\n")), "served.encoded"),
        (answering(whole(b"{}", b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n")), "served.redirect"),
        (answering(whole(b"{}", b"HTTP/1.1 307 Moved\r\nLocation: http://169.254.169.254/\r\n")), "served.redirect"),
        (answering(whole(b"{}", b"HTTP/1.1 301 Moved\r\n")), "served.redirect"),
        (answering(whole(b'{"error": "out of memory"}', b"HTTP/1.1 500 Oops\r\n")), "served.status"),
        (answering(whole(b"<h1>no</h1>", b"HTTP/1.1 404 Not Found\r\n")), "served.status"),
        (answering(whole(b"{}", b"HTTP/1.1 204 No Content\r\n")), "served.status"),
    ],
)
def test_every_server_ends_as_a_sentence(behave, expected):
    with raw(behave) as url:
        assert reason(url) == expected


def test_nobody_at_the_other_end_is_named():
    with raw(answering(b"")) as url:
        pass
    assert reason(url) == "served.no-connection"
    assert reason("http://" + "a" * 70 + ".example") == "served.unreachable"


def test_what_a_server_says_is_printed_harmlessly():
    text = json.dumps({"error": "\x1b[31m<script>\u202e" + "x" * 500}).encode()
    with raw(answering(whole(text, b"HTTP/1.1 500 Oops\r\n"))) as url:
        subject = Subject.from_objects("p", model=Endpoint(url, "plant"), test=(X, np.arange(6) % 2))
        with pytest.raises(UnsupportedInputError) as error:
            robustness.function(subject, RobustnessParams())
    sentence = error.value.sentence("en")
    assert "\x1b" not in sentence
    assert "\u202e" not in sentence
    assert len(sentence) < 400


def output_with(**changes):
    return lambda answer: {**answer, "outputs": [{**answer["outputs"][0], **changes}]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda answer: {}, "served.bad.outputs"),
        (lambda answer: {**answer, "outputs": "x"}, "served.bad.outputs"),
        (lambda answer: {**answer, "outputs": [1]}, "served.bad.outputs"),
        (lambda answer: {**answer, "outputs": answer["outputs"] * 2}, "served.bad.outputs"),
        (lambda answer: {**answer, "outputs": answer["outputs"] * 100}, "served.bad.outputs"),
        (output_with(name="other"), "served.bad.outputs"),
        (output_with(parameters={"binary_data_size": 10**9}), "served.bad.outputs"),
        (output_with(parameters={"binary_data_size": -1}), "served.bad.outputs"),
        (output_with(parameters={"binary_data_size": True}), "served.bad.outputs"),
        (output_with(shape=[1, 2]), "served.bad.rows"),
        (output_with(shape=[]), "served.bad.rows"),
        (output_with(shape=[6, 10**9]), "served.bad.size"),
        (output_with(shape=[6, 3]), "served.bad.values"),
        (output_with(shape=[6, -2]), "served.bad.tensor"),
        (output_with(shape=[6.5, 2]), "served.bad.tensor"),
        (output_with(shape=[1] * 1000), "served.bad.tensor"),
        (output_with(shape=None), "served.bad.tensor"),
        (output_with(datatype="FP7"), "served.bad.datatype"),
        (output_with(datatype=None), "served.bad.tensor"),
        (output_with(data=None), "served.bad.data"),
        (output_with(data={"a": 1}), "served.bad.data"),
        (output_with(data=["1"] * 12), "served.bad.data"),
        (output_with(data=[True] * 12), "served.bad.data"),
        (output_with(data=[[1, 2], [3]]), "served.bad.data"),
        (output_with(data=[{}] * 12), "served.bad.data"),
        (output_with(data=[[[[[[[[[[1.0] * 12]]]]]]]]] * 3), "served.bad.values"),
        (output_with(data=[1.5] * 12, datatype="INT64"), "served.bad.data"),
        (output_with(data=[300] * 12, datatype="INT8"), "served.bad.data"),
        (output_with(data=[10**12] * 6, datatype="INT64", shape=[6]), "served.bad.label"),
        (output_with(data=[10**30] * 6, datatype="INT64", shape=[6]), "served.bad.data"),
        (output_with(data=["x"] * 11 + [1], datatype="BYTES"), "served.bad.data"),
        (lambda answer: {**answer, "model_name": "other"}, "served.bad.model"),
        (lambda answer: {**answer, "model_version": ["3"]}, "served.bad.version"),
    ],
)
def test_answers_that_are_none_are_named(change, expected):
    with running(Served(scores, change=change)) as url:
        assert reason(url, version="3") == expected


def test_numbers_beyond_single_precision_are_not_finite():
    def change(answer):
        data = answer["outputs"][0]["data"]
        return {**answer, "outputs": [{**answer["outputs"][0], "data": [1e300, *data[1:]]}]}

    with running(Served(scores, change=change)) as url:
        assert np.isinf(Session(Endpoint(url, "plant"), 5.0)(X)[0, 0])


def test_a_hanging_model_in_the_middle_is_no_figure():
    calls = []

    def slow(x):
        calls.append(1)
        if len(calls) > 4:
            time.sleep(1.5)
        return scores(x)

    with running(Served(slow)) as url:
        assert reason(url) == "served.timeout"
    assert len(calls) == 5  # what may have been done is not asked for again


def test_a_connection_that_dies_once_is_made_again_and_counted():
    with running(Served(scores)) as url:
        session = Session(Endpoint(url, "plant", retries=1), 5.0)
        first = session(X)
        session.exchange._line.socket.shutdown(2)
        assert np.array_equal(session(X), first)
        assert session.exchange.again == 1


def certificate(folder, name):
    """Write a key and a certificate of its own for an address; return the file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "plant")])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def over_tls(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def behave(connection, _):
        with context.wrap_socket(connection, server_side=True) as secured:
            while request_of(secured):
                body = json.dumps({"name": "plant", "inputs": "encrypted"}).encode()
                secured.sendall(whole(body))

    return behave


def test_certificates_are_verified_with_the_name_of_the_host(tmp_path):
    here, other = certificate(tmp_path, "127.0.0.1"), certificate(tmp_path, "127.0.0.2")
    with raw(over_tls(here)) as url:
        address = url.replace("http:", "https:")
        assert reason(address, ca=str(here)) == "served.bad.tensor"  # it answered
        assert reason(address, ca=str(other)) == "served.tls"
        assert reason(address) == "served.tls"
    with raw(over_tls(other)) as url:
        assert reason(url.replace("http:", "https:"), ca=str(other)) == "served.tls"
    with raw(lambda connection, _: time.sleep(3)) as url:
        assert reason(url.replace("http:", "https:"), ca=str(here)) == "served.timeout"
    with running(Served(scores)) as url:
        assert reason(url.replace("http:", "https:"), ca=str(here)) == "served.tls"


@pytest.mark.parametrize("declared", [{"ca": "none.pem"}, {"token_file": "none"}])
def test_files_of_an_endpoint_that_are_not_there_are_named(tmp_path, declared):
    ((key, name),) = declared.items()
    (tmp_path / "empty").write_bytes(b"")
    for file in (name, "empty"):
        endpoint = Endpoint("https://127.0.0.1:1", "plant", **{key: str(tmp_path / file)})
        subject = Subject.from_objects("p", model=endpoint, test=(X, np.arange(6) % 2))
        with pytest.raises(MissingInputError) as error:
            robustness.function(subject, RobustnessParams())
        assert error.value.message.id == ("served.no-roots" if key == "ca" else "served.no-token")
