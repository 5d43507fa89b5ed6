//! A codec server: payloads leave encoded and are shown decoded, and nobody else notices.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{Server, failed, succeeded};

/// A codec server that turns data round, and remembers the heads of its requests.
struct Codec {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Codec {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &seen);
            }
        });
        Self { address, heads }
    }
}

fn answer(stream: TcpStream, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(&stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).expect("a request") == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        head.push_str(&line.to_lowercase());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let encode = head.starts_with("post /codec/orders/encode ");
    let mut body: Value = serde_json::from_slice(&body).expect("JSON");
    for payload in body["payloads"].as_array_mut().expect("a list") {
        turn(payload, encode);
    }
    seen.lock().expect("no panic").push(head);
    let body = body.to_string();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    (&stream).write_all(answer.as_bytes()).expect("an answer");
}

fn turn(payload: &mut Value, encode: bool) {
    const ENCODING: &str = "binary/turned";
    let text = |value: &Value| STANDARD.decode(value.as_str().unwrap_or_default()).expect("base64");
    if !encode && text(&payload["metadata"]["encoding"]) != ENCODING.as_bytes() {
        return;
    }
    let mut data = text(&payload["data"]);
    data.reverse();
    let encoding = if encode { ENCODING } else { "json/plain" };
    *payload = json!({ "metadata": { "encoding": STANDARD.encode(encoding) }, "data": STANDARD.encode(data) });
}

#[test]
fn payloads_leave_encoded_and_are_shown_decoded() {
    let server = Server::development(&["--namespace", "orders", "--search-attribute", "Size=Int"]);
    let codec = Codec::start();
    let endpoint = format!("http://{}/codec/{{namespace}}", codec.address);
    let with = ["-n", "orders", "--codec-endpoint", &endpoint, "--codec-auth", "secret", "--codec-header", "a=b"];
    let start = ["workflow", "start", "--type", "T", "-t", "q", "-w", "w", "-i", "\"hello\"", "--memo", "k=1"];
    succeeded(&server.run(&[&start[..], &["--search-attribute", "Size=3"], &with].concat()));

    let input = |more: &[&str]| {
        let text = succeeded(&server.run(&[&["workflow", "show", "-w", "w", "-o", "json"], more].concat()));
        let history: Value = serde_json::from_str(&text).expect("JSON");
        let started = &history["events"][0]["workflowExecutionStartedEventAttributes"];
        let data = &started["input"]["payloads"][0]["data"];
        let data = STANDARD.decode(data.as_str().expect("data")).expect("base64");
        String::from_utf8(data).expect("text")
    };
    assert_eq!(input(&["-n", "orders"]), "\"olleh\"");
    assert_eq!(input(&with), "\"hello\"");
    let text = succeeded(&server.run(&[&["workflow", "list", "-q", "Size = 3", "-o", "jsonl"], &with[..]].concat()));
    assert!(text.contains("\"k\":1"), "{text}");
    let heads = codec.heads.lock().expect("no panic");
    let sent = ["x-namespace: orders", "authorization: secret", "a: b", "content-type: application/json"];
    assert!(heads.iter().all(|head| sent.iter().all(|header| head.contains(header))), "{heads:?}");
}

#[test]
fn a_codec_server_that_is_not_there_is_a_failure() {
    let server = Server::development(&[]);
    let start = ["workflow", "start", "--type", "T", "-t", "q", "-i", "1", "--codec-endpoint", "http://127.0.0.1:1"];
    let text = failed(&server.run(&start));
    assert!(text.starts_with("Error: failed starting workflow: encoding payloads failed: codec server: "), "{text}");
}
