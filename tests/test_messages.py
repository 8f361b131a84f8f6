"""The words of the wire: bytes in and out, and the document that promises them."""

import datetime as dt
import json
import re
import types
import typing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody import codec, messages
from homebody.codec import HEADER_LIMIT_BYTES
from homebody.errors import BadFrame, BadMessage, HomebodyError, Problem, RemoteFailure, WireError
from homebody.messages import ANSWERS, FAILURE_CODES, REQUESTS, Failed, Ping, Publish

DOCUMENT = (Path(__file__).parent.parent / "docs" / "messages.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=codec.ID_LIMIT_CHARS)
numbers = st.floats(allow_nan=False, allow_infinity=False)
integers = st.integers(-(2**53), 2**53)
json_values = st.recursive(
    st.none() | st.booleans() | integers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


def values(kind):
    """Values of an annotated type, as the wire allows them."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*map(values, arguments))
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(words, json_values if arguments[1] is typing.Any else values(arguments[1]), max_size=3)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        return st.builds(kind, **{field.name: ids if field.name == "id" else values(field.type) for field in fields})
    return {
        str: words,
        int: integers,
        float: numbers,
        bool: st.booleans(),
        type(None): st.none(),
        dt.datetime: st.datetimes(timezones=st.just(dt.UTC)),
    }[kind]


anything = st.one_of(*map(values, REQUESTS + ANSWERS))


@given(anything, st.lists(st.binary(max_size=20), max_size=4))
def test_every_message_comes_out_as_it_went_in(message, payloads):
    assert codec.decode(codec.encode(message, *payloads)) == (message, payloads)


@given(anything)
def test_every_header_begins_with_the_version_and_is_one_json_object(message):
    header = json.loads(codec.encode(message)[0])
    assert header["v"] == 1
    assert header["type"] in codec.TYPES


def refusal(frames):
    """The error with which these frames are refused, or None; any other exception fails the test."""
    try:
        codec.decode(frames)
    except WireError as error:
        return error
    return None


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_any_bytes_are_a_message_or_a_wire_error(frames):
    error = refusal(frames)
    assert error is None or error.code in FAILURE_CODES


@given(anything, st.data())
def test_a_header_with_a_few_wrong_bytes_is_a_message_or_a_wire_error(message, data):
    header = bytearray(codec.encode(message)[0])
    for _ in range(data.draw(st.integers(1, 3))):
        header[data.draw(st.integers(0, len(header) - 1))] = data.draw(st.integers(0, 255))
    error = refusal([bytes(header)])
    assert error is None or error.code in FAILURE_CODES


@given(json_values, anything)
def test_a_field_of_any_type_is_a_message_or_refused_with_a_code_and_the_id(value, message):
    header = json.loads(codec.encode(message)[0])
    for name in list(header):
        changed = {**header, name: value}
        error = refusal([json.dumps(changed).encode()])
        assert error is None or (isinstance(error, BadMessage) and error.id in (None, changed["id"]))


@given(anything, json_values)
def test_unknown_fields_are_ignored(message, value):
    header = json.loads(codec.encode(message)[0])
    header["a field of version 1.7"] = value
    assert codec.decode([json.dumps(header).encode()])[0] == message


@pytest.mark.parametrize(
    ("header", "code", "id_"),
    [
        (b'{"v":1,"type":"dance","id":"7"}', "unknown_type", "7"),
        (b'{"v":2,"type":"ping","id":"7"}', "unsupported_version", "7"),
        (b'{"v":true,"type":"ping","id":"7"}', "unsupported_version", "7"),
        (b'{"type":"ping","id":"7"}', "unsupported_version", "7"),
        (b'{"v":1,"id":"7"}', "bad_message", "7"),
        (b'{"v":1,"type":["ping"],"id":"7"}', "bad_message", "7"),
        (b'{"v":1,"type":"ping"}', "bad_message", None),
        (b'{"v":1,"type":"ping","id":""}', "bad_message", None),
        (b'{"v":1,"type":"ping","id":"%s"}' % (b"x" * 65), "bad_message", None),
        (b'{"v":1,"type":"ask","id":"7"}', "bad_message", "7"),
        (b'{"v":1,"type":"ask","id":"7","text":5}', "bad_message", "7"),
        (b'{"v":1,"type":"say","id":"7","text":"x","expires_at":"soon"}', "bad_message", "7"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code_and_its_id(header, code, id_):
    with pytest.raises(BadMessage) as caught:
        codec.decode([header])
    assert (caught.value.code, caught.value.id) == (code, id_)


@pytest.mark.parametrize(
    "frames",
    [[], [b""], [b"\xff"], [b"[]"], [b"null"], [b'{"v":1'], [b"[" * 60_000], [b" " * (HEADER_LIMIT_BYTES + 1)]],
)
def test_what_is_no_json_object_is_a_bad_frame(frames):
    with pytest.raises(BadFrame):
        codec.decode(frames)


def test_a_refusal_never_repeats_what_was_said():
    with pytest.raises(BadMessage) as caught:
        codec.decode([b'{"v":1,"type":"ask","id":"7","text":["my secret"]}'])
    assert "secret" not in caught.value.reason
    assert "text" in caught.value.reason


@pytest.mark.parametrize("payloads", [[b""] * 5, [b"x" * codec.PAYLOAD_LIMIT_BYTES, b"x"]])
def test_too_many_and_too_large_payloads_are_refused(payloads):
    with pytest.raises(BadMessage) as caught:
        codec.decode([*codec.encode(Ping(id="7")), *payloads])
    assert (caught.value.code, caught.value.id) == ("too_large", "7")


def test_a_message_too_large_for_its_reader_is_not_sent():
    with pytest.raises(BadMessage) as caught:
        codec.encode(Publish(id="7", name="x", data={"x": "y" * HEADER_LIMIT_BYTES}))
    assert (caught.value.code, caught.value.id) == ("too_large", "7")


def error_classes(root=HomebodyError):
    yield root
    for cls in root.__subclasses__():
        yield from error_classes(cls)


@pytest.mark.parametrize("cls", sorted(set(error_classes()), key=lambda cls: cls.__name__))
def test_every_error_becomes_a_failed_with_a_documented_code(cls):
    error = (
        cls("busy", "It did not work.", "Do it again.") if cls is RemoteFailure else cls("It did not work.", "Mend.")
    )
    answer = codec.failed("7", error)
    assert answer.code in FAILURE_CODES
    assert (answer.id, answer.reason, answer.remedy) == ("7", error.reason, error.remedy)


@given(values(Failed))
def test_a_failed_becomes_an_error_and_again_the_same_failed(answer):
    code = answer.code if answer.code in FAILURE_CODES else "busy"
    answer = msgspec.structs.replace(answer, code=code)
    assert codec.failed(answer.id, codec.failure(answer)) == answer


# --- the document ----------------------------------------------------------------------------------------------------


def section(title):
    """The document from this heading to the next of the same or a higher level."""
    start = re.search(rf"^(#+) .*{title}.*$", DOCUMENT, re.MULTILINE)
    assert start, f"no section on {title}"
    end = re.compile(rf"^#{{1,{len(start.group(1))}}} ", re.MULTILINE).search(DOCUMENT, start.end())
    return DOCUMENT[start.start() : end.start() if end else None]


@pytest.mark.parametrize("cls", REQUESTS + ANSWERS, ids=lambda cls: cls.__name__)
def test_every_message_has_a_section_that_names_every_field_and_no_other(cls):
    text = section(f"`{cls.__struct_config__.tag}`")
    documented = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    fields = {field.encode_name for field in msgspec.structs.fields(cls)} - {"id"}
    if cls is messages.Accepted:
        documented -= {field.encode_name for field in msgspec.structs.fields(messages.Route)}
    assert documented == fields


@pytest.mark.parametrize("cls", [messages.Route, messages.Usage, messages.Timings, messages.ServiceState,
                                 messages.Payload, Problem], ids=lambda cls: cls.__name__)  # fmt: skip
def test_every_field_of_every_part_is_named_in_the_document(cls):
    for field in msgspec.structs.fields(cls):
        assert re.search(rf"\b{field.encode_name}\b", DOCUMENT), field.encode_name


def test_the_document_lists_exactly_the_failure_codes():
    listed = re.findall(r"^\| `(\w+)` \|", section("5. Failure codes"), re.MULTILINE)
    assert sorted(listed) == sorted(FAILURE_CODES)


def test_the_document_states_the_limits_of_the_code():
    from homebody.router import connections, events, service_link, socket

    assert f"{HEADER_LIMIT_BYTES:,} bytes" in DOCUMENT
    assert f"{codec.PAYLOAD_LIMIT_BYTES:,} bytes" in DOCUMENT
    assert f"1-{codec.ID_LIMIT_CHARS} characters" in DOCUMENT
    assert f"{connections.OPEN_LIMIT}** requests" in DOCUMENT
    assert f"last {connections.ENDED_LIMIT} ended ids" in DOCUMENT
    assert f"last {events.BACKLOG_LIMIT:,} events" in DOCUMENT
    assert f"Up to {socket.SEND_LIMIT:,} messages" in DOCUMENT
    assert f"After {service_link.SILENCE_LIMIT_S:g} s of silence" in DOCUMENT


def test_every_request_has_an_example_that_is_accepted_and_uses_only_known_fields():
    seen = set()
    for example in EXAMPLES:
        header = json.loads(example)
        message, _ = codec.decode([example.encode()])
        assert set(header) - {"v", "type"} <= {field.encode_name for field in msgspec.structs.fields(type(message))}
        seen.add(type(message))
    assert seen == set(REQUESTS)
