//! The scripts, the style and the icon: part of the binary, under an address that changes with their content, so that browsers
//! may keep them for ever.

use std::sync::LazyLock;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use crate::visit::{Visit, hash};

/// What their paths begin with.
pub(crate) const PREFIX: &str = "/_abide/";

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const FILES: &[(&str, &str, &str)] = &[
    ("app.css", STYLE, include_str!("../assets/app.css")),
    ("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")),
    ("live.js", SCRIPT, include_str!("../assets/live.js")),
    ("morph.js", SCRIPT, include_str!("../assets/morph.js")),
    ("el/encode.js", SCRIPT, include_str!("../assets/el/encode.js")),
    ("el/payload.js", SCRIPT, include_str!("../assets/el/payload.js")),
    ("el/time.js", SCRIPT, include_str!("../assets/el/time.js")),
    ("el/timeline.css", STYLE, include_str!("../assets/el/timeline.css")),
    ("el/timeline.js", SCRIPT, include_str!("../assets/el/timeline.js")),
];

/// Changes with any of the files: a script loads its parts from beside itself.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = FILES.iter().map(|(_, _, content)| *content).collect();
    hash(&all)
});

/// The address of a file.
pub(crate) fn href(visit: &Visit, name: &str) -> String {
    visit.href(&format!("{PREFIX}{}/{name}", *VERSION))
}

/// A file by its version and name.
pub(crate) fn answer(path: &str) -> Response {
    let found = path.split_once('/').and_then(|(version, name)| {
        let (_, kind, content) = FILES.iter().find(|(known, _, _)| *known == name)?;
        Some((version == *VERSION, *kind, *content))
    });
    let Some((is_current, kind, content)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = Response::new(Body::from(content));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // A page of another version of the server still finds its files, as they are now.
    let keep = if is_current { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First-party scripts stay small enough to be read.
    const SCRIPT_BYTES_MAX: usize = 60_000;

    #[test]
    fn all_scripts_together_are_small() {
        let bytes: usize = FILES.iter().filter(|(_, kind, _)| *kind == SCRIPT).map(|(_, _, text)| text.len()).sum();
        assert!(bytes <= SCRIPT_BYTES_MAX, "{bytes}");
    }

    #[test]
    fn only_files_of_the_current_version_are_kept_for_ever() {
        let kept = |version: &str| answer(&format!("{version}/app.css")).headers()[CACHE_CONTROL].clone();
        assert!(kept(&VERSION).to_str().is_ok_and(|kept| kept.contains("immutable")));
        assert_eq!(kept("old"), "no-cache");
        assert_eq!(answer("x/../../Cargo.toml").status(), StatusCode::NOT_FOUND);
    }
}
