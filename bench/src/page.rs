//! What a page of the web UI costs a server that runs already: bytes, time, and processor time for each. Asks as a browser does
//! that has the scripts and the style already: one connection, one page after the other.

use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Error;
use crate::figures::processor_time;

/// What is measured.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Where the web UI is served.
    #[arg(long, default_value = "127.0.0.1:8233")]
    address: String,
    /// The server's process.
    #[arg(long)]
    pid: u32,
    /// The page.
    #[arg(long, default_value = "/namespaces/default/workflows")]
    path: String,
    /// How often it is asked for.
    #[arg(long, default_value_t = 200)]
    times: u32,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Error> {
    let mut stream = TcpStream::connect(&arguments.address).await?;
    stream.set_nodelay(true)?;
    // The first one finds nothing in any cache.
    let first = Instant::now();
    let bytes = ask(&mut stream, arguments).await?;
    let first = first.elapsed();
    let before = processor_time(arguments.pid);
    let mut times = Vec::new();
    for _ in 0..arguments.times {
        let begun = Instant::now();
        ask(&mut stream, arguments).await?;
        times.push(begun.elapsed());
    }
    let spent = processor_time(arguments.pid).zip(before).map(|(now, then)| now - then);
    times.sort();
    let millis = |time: Duration| (time.as_secs_f64() * 1e5).round() / 100.0;
    let each = |spent: Duration| millis(spent / arguments.times.max(1));
    println!(
        "{}",
        json!({
            "path": arguments.path,
            "bytes": bytes,
            "first_ms": millis(first),
            "p50_ms": times.get(times.len() / 2).copied().map(millis),
            "processor_ms_each": spent.map(each),
        })
    );
    Ok(())
}

/// Asks for the page; how long it is.
async fn ask(stream: &mut TcpStream, arguments: &Arguments) -> Result<usize, Error> {
    let Arguments { address, path, .. } = arguments;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    let head = loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err("the server has closed the connection".into());
        }
        if let Some(at) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    if !text.starts_with("http/1.1 200") {
        return Err(format!("{path} is not there: {}", text.lines().next().unwrap_or_default()).into());
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.ok_or("the answer does not say how long it is")?.trim().parse()?;
    while answer.len() < head + length {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err("the server has closed the connection".into());
        }
    }
    Ok(length)
}
