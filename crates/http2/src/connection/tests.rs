//! What a connection says to clients that keep the rules, to those that do not, and to noise.

use abide_mutation::{Random, cases, mutated, noise};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, StatusCode};

use super::{CONNECTION_WINDOW, Connection, Event, STREAM_WINDOW};
use crate::frame::{self, HEAD_BYTES, Head, Kind, Reason, flag};

/// `:method POST`, `:scheme http`, `:path /`.
const REQUEST: &[u8] = &[0x83, 0x86, 0x84];
const SETTINGS: (Kind, u8, u32, &[u8]) = (Kind::Settings, 0, 0, &[]);

type Sent<'a> = (Kind, u8, u32, &'a [u8]);
/// What a frame is, its flags, its stream, and the reason or increment in it.
type Said = (Kind, u8, u32, u32);

fn written(frames: &[Sent]) -> BytesMut {
    let mut bytes = BytesMut::new();
    for (kind, flags, stream, payload) in frames {
        frame::put_head(&mut bytes, payload.len(), *kind, *flags, *stream);
        bytes.put_slice(payload);
    }
    bytes
}

/// The frames in the output, with the first four bytes of what tells a reason.
fn said(connection: &mut Connection) -> Vec<Said> {
    let output = connection.output();
    let mut frames = Vec::new();
    while let Some(head) = output.first_chunk::<HEAD_BYTES>().map(Head::read) {
        let payload = &output[HEAD_BYTES..HEAD_BYTES + head.length];
        let reason = match head.kind {
            Kind::GoAway => u32::from_be_bytes(payload[4..8].try_into().expect("eight bytes")),
            Kind::ResetStream | Kind::WindowUpdate => u32::from_be_bytes(payload.try_into().expect("four bytes")),
            _ => 0,
        };
        frames.push((head.kind, head.flags, head.stream, reason));
        output.advance(HEAD_BYTES + head.length);
    }
    assert!(output.is_empty(), "whole frames");
    frames
}

/// A connection that was greeted, with nothing in its output.
fn greeted() -> Connection {
    let mut connection = Connection::new();
    assert!(connection.receive(&mut written(&[SETTINGS])).is_none());
    said(&mut connection);
    connection
}

/// What a connection hears and says about these frames.
fn heard(frames: &[Sent]) -> (Vec<String>, Vec<Said>) {
    let mut connection = greeted();
    let mut input = written(frames);
    let mut events = Vec::new();
    while let Some(event) = connection.receive(&mut input) {
        events.push(match event {
            Event::Request(id, request) => format!("{id} asks {} {}", request.method(), request.uri()),
            Event::Broken(id) => format!("{id} broke off"),
        });
    }
    (events, said(&mut connection))
}

const OPEN: u8 = flag::END_HEADERS;
const WHOLE: u8 = flag::END_HEADERS | flag::END_STREAM;

#[test]
fn a_request_is_handed_over_with_its_body() {
    let (events, _) = heard(&[(Kind::Headers, WHOLE, 1, REQUEST)]);
    assert_eq!(events, ["1 asks POST /"]);
    let (events, _) = heard(&[(Kind::Headers, OPEN, 1, REQUEST), (Kind::Data, flag::END_STREAM, 1, b"body")]);
    assert_eq!(events, ["1 asks POST /"]);
    let parts: [Sent; 3] = [
        (Kind::Headers, 0, 1, &REQUEST[..1]),
        (Kind::Continuation, 0, 1, &REQUEST[1..2]),
        (Kind::Continuation, flag::END_HEADERS, 1, &REQUEST[2..]),
    ];
    assert_eq!(heard(&parts), (Vec::new(), Vec::new()), "it waits for the first of the body");
    let padded: &[u8] = &[2, 0x83, 0x86, 0x84, 0, 0];
    let (events, _) = heard(&[(Kind::Headers, WHOLE | flag::PADDED, 1, padded)]);
    assert_eq!(events, ["1 asks POST /"]);
}

/// What a connection hears of requests, with those bodies that are there as a whole.
fn bodies(connection: &mut Connection, frames: &[Sent]) -> Vec<(u32, Option<Bytes>)> {
    let mut input = written(frames);
    let events = std::iter::from_fn(|| connection.receive(&mut input));
    let requests = events.filter_map(|event| match event {
        Event::Request(id, request) => Some((id, request.body().as_whole().cloned())),
        Event::Broken(_) => None,
    });
    requests.collect()
}

#[test]
fn a_request_whose_end_comes_in_a_frame_of_its_own_is_whole_when_both_come_together() {
    let data = |stream, part: &'static [u8]| -> Sent<'static> { (Kind::Data, 0, stream, part) };
    let end = |stream| -> Sent<'static> { (Kind::Data, flag::END_STREAM, stream, b"") };
    let (one, three): (Sent, Sent) = ((Kind::Headers, OPEN, 1, REQUEST), (Kind::Headers, OPEN, 3, REQUEST));
    let whole = |id, body: &'static [u8]| (id, Some(Bytes::from_static(body)));
    let heard = |frames: &[Sent]| bodies(&mut greeted(), frames);
    assert_eq!(heard(&[one, data(1, b"a"), end(1)]), [whole(1, b"a")]);
    let mixed = [one, three, data(1, b"a"), data(3, b"b"), end(3), end(1)];
    assert_eq!(heard(&mixed), [whole(3, b"b"), whole(1, b"a")], "others stand in between");
    assert_eq!(heard(&[one, data(1, b"a"), data(1, b"b"), end(1)]), [(1, None)], "two parts");
    let broken: Sent = (Kind::ResetStream, 0, 1, &[0, 0, 0, 8]);
    assert_eq!(heard(&[one, three, data(1, b"a"), data(3, b"b"), broken]), [(3, None)], "nobody waits for one");
    assert_eq!(heard(&[one, data(1, b"a"), data(0, b"x")]), [], "the connection is over");
    let mut connection = greeted();
    assert_eq!(bodies(&mut connection, &[one, data(1, b"a")]), [(1, None)], "it may wait for an answer");
    assert_eq!(bodies(&mut connection, &[end(1)]), []);
}

#[test]
fn who_breaks_a_rule_of_the_connection_is_left() {
    let big = vec![0; frame::PAYLOAD_BYTES + 1];
    let headers = (Kind::Headers, OPEN, 1, REQUEST);
    let rules: Vec<(&str, Vec<Sent>, Reason)> = vec![
        ("DATA on stream 0", vec![(Kind::Data, 0, 0, b"x")], Reason::Protocol),
        ("DATA on a stream that was not begun", vec![(Kind::Data, 0, 1, b"x")], Reason::Protocol),
        ("an even stream", vec![(Kind::Headers, OPEN, 2, REQUEST)], Reason::Protocol),
        ("HEADERS on stream 0", vec![(Kind::Headers, OPEN, 0, REQUEST)], Reason::Protocol),
        (
            "an older stream",
            vec![(Kind::Headers, OPEN, 5, REQUEST), (Kind::Headers, OPEN, 3, REQUEST)],
            Reason::Protocol,
        ),
        ("a frame inside a block", vec![(Kind::Headers, 0, 1, REQUEST), (Kind::Ping, 0, 0, &[0; 8])], Reason::Protocol),
        (
            "another block inside",
            vec![(Kind::Headers, 0, 1, REQUEST), (Kind::Continuation, 4, 3, &[])],
            Reason::Protocol,
        ),
        ("CONTINUATION of nothing", vec![(Kind::Continuation, 4, 1, REQUEST)], Reason::Protocol),
        ("a bad block", vec![(Kind::Headers, OPEN, 1, &[0x80])], Reason::Compression),
        ("more padding than there is", vec![(Kind::Headers, OPEN | flag::PADDED, 1, &[9, 0x83])], Reason::Protocol),
        ("padding in DATA", vec![headers, (Kind::Data, flag::PADDED, 1, &[5, 0])], Reason::Protocol),
        ("a frame that is too large", vec![headers, (Kind::Data, 0, 1, &big)], Reason::FrameSize),
        ("SETTINGS on a stream", vec![(Kind::Settings, 0, 1, &[])], Reason::Protocol),
        ("SETTINGS of odd size", vec![(Kind::Settings, 0, 0, &[0, 0, 0])], Reason::FrameSize),
        ("an answer with content", vec![(Kind::Settings, flag::ACK, 0, &[0; 6])], Reason::FrameSize),
        ("ENABLE_PUSH of 2", vec![(Kind::Settings, 0, 0, &[0, 2, 0, 0, 0, 2])], Reason::Protocol),
        ("a window too large", vec![(Kind::Settings, 0, 0, &[0, 4, 0x80, 0, 0, 0])], Reason::FlowControl),
        ("a frame size too small", vec![(Kind::Settings, 0, 0, &[0, 5, 0, 0, 0, 1])], Reason::Protocol),
        ("a frame size too large", vec![(Kind::Settings, 0, 0, &[0, 5, 1, 0, 0, 0])], Reason::Protocol),
        ("PING on a stream", vec![(Kind::Ping, 0, 1, &[0; 8])], Reason::Protocol),
        ("PING of odd size", vec![(Kind::Ping, 0, 0, &[0; 7])], Reason::FrameSize),
        ("GOAWAY on a stream", vec![(Kind::GoAway, 0, 1, &[0; 8])], Reason::Protocol),
        ("PUSH_PROMISE", vec![(Kind::PushPromise, 4, 1, &[0; 8])], Reason::Protocol),
        ("RST_STREAM on stream 0", vec![(Kind::ResetStream, 0, 0, &[0; 4])], Reason::Protocol),
        ("RST_STREAM of nothing", vec![(Kind::ResetStream, 0, 1, &[0; 4])], Reason::Protocol),
        ("RST_STREAM of odd size", vec![headers, (Kind::ResetStream, 0, 1, &[0; 3])], Reason::FrameSize),
        ("PRIORITY on stream 0", vec![(Kind::Priority, 0, 0, &[0; 5])], Reason::Protocol),
        ("a window that grows by nothing", vec![(Kind::WindowUpdate, 0, 0, &[0; 4])], Reason::Protocol),
        (
            "a window that grows too far",
            vec![(Kind::WindowUpdate, 0, 0, &[0x7f, 0xff, 0xff, 0xff])],
            Reason::FlowControl,
        ),
        ("WINDOW_UPDATE of odd size", vec![(Kind::WindowUpdate, 0, 0, &[0; 3])], Reason::FrameSize),
        ("WINDOW_UPDATE of nothing", vec![(Kind::WindowUpdate, 0, 1, &[0, 0, 0, 1])], Reason::Protocol),
    ];
    for (what, frames, reason) in rules {
        let (_, said) = heard(&frames);
        let last = said.last().unwrap_or_else(|| panic!("{what}: nothing was said"));
        assert_eq!((last.0, last.3), (Kind::GoAway, reason as u32), "{what}: {said:?}");
    }
}

#[test]
fn who_breaks_a_rule_of_a_stream_loses_the_stream() {
    let with = |fields: &[u8]| [REQUEST, fields].concat();
    let upper = with(b"\x00\x01A\x011");
    let connection = with(b"\x00\x0aconnection\x011");
    let te = with(b"\x00\x02te\x04gzip");
    let late = with(b"\x00\x01a\x011\x83");
    let status = with(&[0x88]);
    let length = with(b"\x0f\x0d\x015");
    let no_length = with(b"\x0f\x0d\x01x");
    let headers = (Kind::Headers, OPEN, 1, REQUEST);
    let rules: Vec<(&str, Vec<Sent>, Reason)> = vec![
        ("no path", vec![(Kind::Headers, WHOLE, 1, &[0x83, 0x86])], Reason::Protocol),
        ("no method", vec![(Kind::Headers, WHOLE, 1, &[0x86, 0x84])], Reason::Protocol),
        ("two paths", vec![(Kind::Headers, WHOLE, 1, &[0x83, 0x86, 0x84, 0x84])], Reason::Protocol),
        ("an upper-case name", vec![(Kind::Headers, WHOLE, 1, &upper)], Reason::Protocol),
        ("a header of connections", vec![(Kind::Headers, WHOLE, 1, &connection)], Reason::Protocol),
        ("TE of something else", vec![(Kind::Headers, WHOLE, 1, &te)], Reason::Protocol),
        ("a pseudo-header behind others", vec![(Kind::Headers, WHOLE, 1, &late)], Reason::Protocol),
        ("a status in a request", vec![(Kind::Headers, WHOLE, 1, &status)], Reason::Protocol),
        ("a length without a body", vec![(Kind::Headers, WHOLE, 1, &length)], Reason::Protocol),
        ("a length that is none", vec![(Kind::Headers, OPEN, 1, &no_length)], Reason::Protocol),
        ("less than the length", vec![(Kind::Headers, OPEN, 1, &length), (Kind::Data, 1, 1, b"x")], Reason::Protocol),
        (
            "more than the length",
            vec![(Kind::Headers, OPEN, 1, &length), (Kind::Data, 1, 1, b"123456")],
            Reason::Protocol,
        ),
        ("trailers that do not end", vec![headers, (Kind::Headers, OPEN, 1, &[])], Reason::Protocol),
        ("trailers with a path", vec![headers, (Kind::Headers, WHOLE, 1, &[0x84])], Reason::Protocol),
        (
            "DATA behind the end",
            vec![(Kind::Headers, WHOLE, 1, REQUEST), (Kind::Data, 0, 1, b"x")],
            Reason::StreamClosed,
        ),
        (
            "HEADERS behind the end",
            vec![(Kind::Headers, WHOLE, 1, REQUEST), (Kind::Headers, WHOLE, 1, &[])],
            Reason::StreamClosed,
        ),
        (
            "DATA behind its own reset",
            vec![headers, (Kind::ResetStream, 0, 1, &[0; 4]), (Kind::Data, 0, 1, b"x")],
            Reason::StreamClosed,
        ),
        ("PRIORITY of odd size", vec![headers, (Kind::Priority, 0, 1, &[0; 4])], Reason::FrameSize),
        ("a stream that waits for itself", vec![(Kind::Priority, 0, 3, &[0, 0, 0, 3, 1])], Reason::Protocol),
        ("a window that grows by nothing", vec![headers, (Kind::WindowUpdate, 0, 1, &[0; 4])], Reason::Protocol),
        (
            "a window that grows too far",
            vec![headers, (Kind::WindowUpdate, 0, 1, &[0x7f, 0xff, 0xff, 0xff])],
            Reason::FlowControl,
        ),
    ];
    for (what, frames, reason) in rules {
        let (_, said) = heard(&frames);
        let last = said.last().unwrap_or_else(|| panic!("{what}: nothing was said"));
        assert_eq!((last.0, last.3), (Kind::ResetStream, reason as u32), "{what}: {said:?}");
    }
}

#[test]
fn the_first_frame_must_be_settings() {
    let mut connection = Connection::new();
    said(&mut connection);
    assert!(connection.receive(&mut written(&[(Kind::Ping, 0, 0, &[0; 8])])).is_none());
    assert_eq!(said(&mut connection), [(Kind::GoAway, 0, 0, Reason::Protocol as u32)]);
    assert!(connection.is_over());
}

#[test]
fn headers_beyond_the_bound_are_refused_and_the_next_request_is_not() {
    let mut large = BytesMut::from(REQUEST);
    for _ in 0..140 {
        large.put_slice(b"\x00\x01a\x7f\xe9\x06");
        large.put_bytes(b'x', 1000);
    }
    let frames: Vec<Sent> = large
        .chunks(16_000)
        .enumerate()
        .map(|(at, part)| {
            let kind = if at == 0 { Kind::Headers } else { Kind::Continuation };
            (kind, if (at + 1) * 16_000 >= large.len() { flag::END_HEADERS } else { 0 }, 1, part)
        })
        .collect();
    let (_, said) = heard(&frames);
    assert_eq!(said.last().map(|last| last.3), Some(Reason::EnhanceYourCalm as u32), "a block beyond all bounds");

    // Small on the wire, large when read: a name that is remembered, and then named again and again.
    let mut bomb = BytesMut::from(REQUEST);
    bomb.put_slice(b"\x40\x01a\x7f\xa1\x1e");
    bomb.put_bytes(b'x', 4000);
    bomb.put_bytes(0xbe, 100);
    let frames: [Sent; 2] = [(Kind::Headers, WHOLE, 1, &bomb), (Kind::Headers, WHOLE, 3, REQUEST)];
    let (events, said) = heard(&frames);
    assert_eq!(events, ["3 asks POST /"]);
    assert_eq!(said, [(Kind::Headers, WHOLE, 1, 0)], "431");
}

#[test]
fn work_for_nothing_is_bounded() {
    let ping: Sent = (Kind::Ping, 0, 0, &[0; 8]);
    let floods: Vec<(&str, Vec<Sent>)> = vec![
        ("pings", vec![ping; 11_000]),
        ("settings", vec![SETTINGS; 11_000]),
        (
            "empty continuations",
            [vec![(Kind::Headers, 0, 1, REQUEST)], vec![(Kind::Continuation, 0, 1, &[][..]); 11_000]].concat(),
        ),
        ("empty data", [vec![(Kind::Headers, OPEN, 1, REQUEST)], vec![(Kind::Data, 0, 1, &[][..]); 11_000]].concat()),
    ];
    for (what, frames) in floods {
        let (_, said) = heard(&frames);
        let last = said.last().expect("something");
        assert_eq!((last.0, last.3), (Kind::GoAway, Reason::EnhanceYourCalm as u32), "{what}");
    }
    let resets: Vec<Sent> = (0..8_200)
        .flat_map(|at| {
            [(Kind::Headers, WHOLE, 2 * at + 1, REQUEST), (Kind::ResetStream, 0, 2 * at + 1, &[0, 0, 0, 8][..])]
        })
        .collect();
    let (_, said) = heard(&resets);
    assert_eq!(said.last().map(|last| last.3), Some(Reason::EnhanceYourCalm as u32), "rapid reset");
}

#[test]
fn streams_that_a_client_makes_us_break_off_are_counted_as_well() {
    let provoked: Vec<Sent> = (0..8_200)
        .flat_map(|at| [(Kind::Headers, WHOLE, 2 * at + 1, REQUEST), (Kind::Data, 0, 2 * at + 1, &b"x"[..])])
        .collect();
    let (_, said) = heard(&provoked);
    assert_eq!(said.last().map(|last| last.3), Some(Reason::EnhanceYourCalm as u32));
}

#[test]
fn a_worker_may_break_off_all_of_its_polls_at_once() {
    let open = (0..super::STREAMS_MAX as u32).map(|at| (Kind::Headers, WHOLE, 2 * at + 1, REQUEST));
    let resets = (0..super::STREAMS_MAX as u32).map(|at| (Kind::ResetStream, 0, 2 * at + 1, &[0, 0, 0, 8][..]));
    let frames: Vec<Sent> = open.chain(resets).collect();
    assert!(heard(&frames).1.is_empty());
}

#[test]
fn the_room_of_padding_is_given_back() {
    let padded: &[u8] = &[&[255, b'x'][..], &[0; 255]].concat();
    let mut frames: Vec<Sent> = vec![(Kind::Headers, OPEN, 1, REQUEST)];
    frames.extend(std::iter::repeat_n((Kind::Data, flag::PADDED, 1, padded), 5_000));
    let (events, said) = heard(&frames);
    assert_eq!(events, ["1 asks POST /"]);
    assert!(said.iter().all(|frame| frame.0 == Kind::WindowUpdate), "nothing was broken off");
}

#[test]
fn a_client_that_remembers_less_hears_that_we_know() {
    let mut connection = greeted();
    let none: Sent = (Kind::Settings, 0, 0, &[0, 1, 0, 0, 0, 0]);
    let mut input = written(&[none, (Kind::Headers, WHOLE, 1, REQUEST), (Kind::Headers, WHOLE, 3, REQUEST)]);
    while connection.receive(&mut input).is_some() {}
    said(&mut connection);
    for (id, block) in [(1, &[0x20, 0x88][..]), (3, &[0x88])] {
        connection.send_head(id, StatusCode::OK, &HeaderMap::new(), true);
        assert_eq!(&connection.output()[HEAD_BYTES..], block);
        said(&mut connection);
    }
}

#[test]
fn an_end_does_not_wait_for_the_room_of_another_answer() {
    let mut connection = greeted();
    let wide: Sent = (Kind::Settings, 0, 0, &[0, 4, 0, 1, 0x86, 0xa0]);
    let mut input = written(&[wide, (Kind::Headers, WHOLE, 1, REQUEST), (Kind::Headers, WHOLE, 3, REQUEST)]);
    while connection.receive(&mut input).is_some() {}
    connection.send_head(1, StatusCode::OK, &HeaderMap::new(), false);
    connection.send_part(1, Bytes::from(vec![0; 70_000]));
    while !connection.output().is_empty() {
        said(&mut connection);
        connection.fill();
    }
    connection.send_head(3, StatusCode::OK, &HeaderMap::new(), false);
    connection.send_end(3, Some(&HeaderMap::new()));
    assert_eq!(said(&mut connection), [(Kind::Headers, OPEN, 3, 0), (Kind::Headers, WHOLE, 3, 0)]);
}

#[test]
fn more_requests_than_allowed_are_refused_and_can_be_repeated() {
    let frames: Vec<Sent> =
        (0..=super::STREAMS_MAX as u32).map(|at| (Kind::Headers, WHOLE, 2 * at + 1, REQUEST)).collect();
    let (events, said) = heard(&frames);
    assert_eq!(events.len(), super::STREAMS_MAX);
    assert_eq!(said.len(), 1);
    assert_eq!((said[0].0, said[0].3), (Kind::ResetStream, Reason::RefusedStream as u32));
}

#[test]
fn an_answer_respects_the_windows() {
    let mut connection = greeted();
    // Ten bytes for each stream.
    let window: Sent = (Kind::Settings, 0, 0, &[0, 4, 0, 0, 0, 10]);
    let mut input = written(&[window, (Kind::Headers, WHOLE, 1, REQUEST)]);
    assert!(matches!(connection.receive(&mut input), Some(Event::Request(1, _))));
    connection.send_head(1, StatusCode::OK, &HeaderMap::new(), false);
    connection.send_part(1, Bytes::from_static(b"fifteen bytes ."));
    assert!(!connection.wants(1));
    let ack = (Kind::Settings, flag::ACK, 0, 0);
    assert_eq!(said(&mut connection), [ack, (Kind::Headers, OPEN, 1, 0), (Kind::Data, 0, 1, 0)]);
    connection.receive(&mut written(&[(Kind::WindowUpdate, 0, 1, &[0, 0, 0, 7])]));
    connection.fill();
    assert!(connection.wants(1));
    assert_eq!(said(&mut connection), [(Kind::Data, 0, 1, 0)]);
    connection.send_end(1, Some(&HeaderMap::new()));
    assert_eq!(said(&mut connection), [(Kind::Headers, WHOLE, 1, 0)]);
}

#[test]
fn a_body_that_nobody_reads_is_not_taken_beyond_the_window() {
    let part = vec![0; frame::PAYLOAD_BYTES];
    let parts = STREAM_WINDOW as usize / frame::PAYLOAD_BYTES;
    let mut frames: Vec<Sent> = vec![(Kind::Headers, OPEN, 1, REQUEST)];
    frames.extend(std::iter::repeat_n((Kind::Data, 0, 1, part.as_slice()), parts));
    let (events, said) = heard(&frames);
    assert_eq!((events.len(), said.len()), (1, 0), "as much as fits, and no more room is given");
    frames.push((Kind::Data, 0, 1, b"x"));
    let (events, said) = heard(&frames);
    assert_eq!(events, ["1 asks POST /", "1 broke off"]);
    assert_eq!(said, [(Kind::ResetStream, 0, 1, Reason::FlowControl as u32)]);
}

#[test]
fn room_on_the_connection_comes_back_whatever_becomes_of_the_streams() {
    let part = vec![0; frame::PAYLOAD_BYTES];
    let mut connection = greeted();
    let mut given_back = 0;
    for at in 0..4 * CONNECTION_WINDOW / frame::PAYLOAD_BYTES as u32 {
        let id = 2 * at + 1;
        let mut input = written(&[(Kind::Headers, OPEN, id, REQUEST), (Kind::Data, 0, id, &part)]);
        assert!(matches!(connection.receive(&mut input), Some(Event::Request(..))), "{:?}", connection.over);
        connection.send_head(id, StatusCode::OK, &HeaderMap::new(), true);
        let updates = said(&mut connection);
        given_back += updates.iter().filter(|frame| frame.0 == Kind::WindowUpdate).map(|frame| frame.3).sum::<u32>();
    }
    assert!(given_back >= 3 * CONNECTION_WINDOW, "{given_back}");
}

#[test]
fn bytes_that_are_nearly_frames_do_no_harm() {
    let length: &[u8] = b"\x83\x86\x84\x0f\x0d\x014";
    let good = written(&[
        SETTINGS,
        (Kind::Headers, OPEN, 1, length),
        (Kind::Data, flag::END_STREAM, 1, b"four"),
        (Kind::Headers, 0, 3, &REQUEST[..2]),
        (Kind::Continuation, flag::END_HEADERS, 3, &REQUEST[2..]),
        (Kind::Data, flag::PADDED, 3, b"\x02part\x00\x00"),
        (Kind::WindowUpdate, 0, 3, &[0, 0, 1, 0]),
        (Kind::Settings, 0, 0, &[0, 4, 0, 0, 0, 10]),
        (Kind::ResetStream, 0, 3, &[0, 0, 0, 8]),
        (Kind::Headers, WHOLE | flag::PRIORITY, 5, &[0, 0, 0, 0, 16, 0x83, 0x86, 0x84]),
        (Kind::Ping, 0, 0, &[7; 8]),
    ]);
    let mut random = Random::of(11);
    for _ in 0..cases(20_000) {
        let bytes = if random.percent(20) { noise(&mut random, 200) } else { mutated(&good, &[], &mut random) };
        let (mut connection, mut input) = (Connection::new(), BytesMut::from(&bytes[..]));
        while let Some(event) = connection.receive(&mut input) {
            if let Event::Request(id, _) = event {
                connection.send_head(id, StatusCode::OK, &HeaderMap::new(), false);
                connection.send_part(id, Bytes::from_static(b"an answer that is longer than some windows"));
                if connection.wants(id) {
                    connection.send_end(id, None);
                }
            }
            connection.make_room();
        }
        connection.fill();
        said(&mut connection);
    }
}
