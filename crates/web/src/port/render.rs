//! What the official web UI shows of texts that workflows say about themselves: in a frame that may run nothing. The text is
//! shown as it was written; its marks are left to the reader.

use axum::response::Response;
use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderValue, StatusCode};

use abide_http::url;
use maud::{DOCTYPE, PreEscaped, html};

use super::with_type;

const STYLE: &str = "body{margin:0;padding:1rem;white-space:pre-wrap;font-family:sans-serif}\
                     [data-theme^=light]{background:#fff;color:#121416}[data-theme^=dark]{background:#141414;color:#f8fafc}";
const POLICY: HeaderValue = HeaderValue::from_static(
    "base-uri 'self'; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; form-action 'none'; sandbox \
     allow-same-origin allow-popups allow-popups-to-escape-sandbox",
);

pub(super) fn render(query: &str) -> Response {
    let pairs = url::pairs(query).unwrap_or_default();
    let value = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let (content, theme) = (value("content").unwrap_or_default(), value("theme").unwrap_or_default());
    let html = html! {
        (DOCTYPE)
        html {
            head {
                meta charset="utf-8";
                title { "Text" }
                base target="_blank";
                style { (PreEscaped(STYLE)) }
            }
            body data-theme=(theme) { (content) }
        }
    };
    let mut response =
        with_type(StatusCode::OK, HeaderValue::from_static("text/html; charset=utf-8"), html.into_string());
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    response
}
