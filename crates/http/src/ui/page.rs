//! The page of a server that has no web UI: what runs here, and where the API is.

use axum::response::Response;
use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderValue, StatusCode};

use super::Ui;
use crate::answer;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}\
                     code{font-family:ui-monospace,monospace}@media(prefers-color-scheme:dark){body{background:#141414;color:#f8fafc}a{color:#8098f9}}";

/// At the root; anywhere else there is nothing, and it says so.
pub(super) fn page(ui: &Ui, path: &str) -> Response {
    let (status, note) = if path == "/" {
        (StatusCode::OK, "")
    } else {
        (StatusCode::NOT_FOUND, "<p>There is no page at this address.</p>\n")
    };
    let base = escaped(&ui.public_path);
    let http = ui.http_address.as_deref().map(|address| {
        let address = escaped(address);
        format!(
            "<li>HTTP and JSON: <code>http://{address}/api/v1/</code>, described by \
             <a href=\"http://{address}/openapi.yaml\">openapi.yaml</a></li>\n"
        )
    });
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>abide</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>abide {version}</h1>\n{note}\
         <p>A server for durable workflows runs here. It has no web page of its own yet.</p>\n<ul>\n\
         <li>gRPC, for SDKs and the command line: <code>{grpc}</code></li>\n{http}\
         <li>The API at this address, as the official web UI speaks it: \
         <a href=\"{base}/api/v1/namespaces\">{base}/api/v1/namespaces</a></li>\n</ul>\n\
         <p>The official web UI, once it is built, is served from here with <code>--ui-asset-path FOLDER</code>.</p>\n\
         </body>\n</html>\n",
        version = escaped(ui.version),
        grpc = escaped(&ui.grpc_address),
        http = http.unwrap_or_default(),
    );
    let mut response = answer::with_type(status, HeaderValue::from_static("text/html; charset=utf-8"), html);
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'");
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// Text that means nothing to a browser.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}
