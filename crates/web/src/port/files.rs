//! The files of the official web UI, from the folder that it was built into. What is no file is a page of it, and every page
//! begins with the same one.

use std::path::{Component, Path, PathBuf};

use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};

use super::with_type;

/// Where the UI is told the path that everything begins with.
const BASE: &str = "base: \"\"";
/// The folder of what pages load.
const APP: &str = "/_app/";
/// Below this, a file of another content has another name.
const IMMUTABLE: &str = "/_app/immutable/";

/// See the file's first lines.
pub(super) struct Files {
    pub(super) folder: PathBuf,
    /// What all paths begin with.
    pub(super) public_path: String,
}

impl Files {
    /// The file of this path, if it is one.
    pub(super) async fn file(&self, path: &str) -> Option<Response> {
        let file = inside(&self.folder, path)?;
        let kind = HeaderValue::from_static(kind(&file));
        let bytes = read(file).await?;
        let mut response = with_type(StatusCode::OK, kind, bytes);
        if path.starts_with(IMMUTABLE) {
            let for_ever = HeaderValue::from_static("public, max-age=31536000, immutable");
            response.headers_mut().insert(CACHE_CONTROL, for_ever);
        }
        Some(response)
    }

    /// The page that every page begins with; what pages load is there or is not.
    pub(super) async fn index(&self, path: &str) -> Response {
        let text = |status: StatusCode, text: String| {
            with_type(status, HeaderValue::from_static("text/plain; charset=utf-8"), text)
        };
        if path.starts_with(APP) {
            return text(StatusCode::NOT_FOUND, "404 page not found\n".into());
        }
        let Some(index) = read(self.folder.join("index.html")).await else {
            let folder = self.folder.display();
            return text(StatusCode::NOT_FOUND, format!("{folder} has no index.html: it is not a built web UI\n"));
        };
        let page = self.under_public_path(String::from_utf8_lossy(&index).into_owned());
        let mut response = with_type(StatusCode::OK, HeaderValue::from_static("text/html; charset=utf-8"), page);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }

    // The page's own policy names the exact text of its scripts, which is another now.
    fn under_public_path(&self, page: String) -> String {
        let public_path = &self.public_path;
        if public_path.is_empty() {
            return page;
        }
        let page = page.replace(BASE, &format!("base: \"{public_path}\""));
        let page = page.replace(&format!("\"{APP}"), &format!("\"{public_path}{APP}"));
        without_policy(&page)
    }
}

fn without_policy(page: &str) -> String {
    let is_policy = |tag: &str| tag.to_ascii_lowercase().contains("content-security-policy");
    let mut kept = String::with_capacity(page.len());
    let mut rest = page;
    while let Some(start) = rest.find("<meta") {
        let end = rest[start..].find('>').map_or(rest.len(), |end| start + end + 1);
        let is_kept = !is_policy(&rest[start..end]);
        kept.push_str(&rest[..if is_kept { end } else { start }]);
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept
}

/// The path of a file below the folder; none if it leads out of it, or nowhere.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = abide_http::url::decoded(path).ok()?;
    let relative = Path::new(path.strip_prefix('/')?);
    let is_plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    (is_plain && relative.file_name().is_some() && !path.contains(['\\', '\0'])).then(|| folder.join(relative))
}

async fn read(file: PathBuf) -> Option<Vec<u8>> {
    let read = tokio::task::spawn_blocking(move || std::fs::read(file)).await;
    read.ok()?.ok()
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/vnd.microsoft.icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let folder = Path::new("/srv/ui");
        assert_eq!(inside(folder, "/_app/a%20b.js"), Some("/srv/ui/_app/a b.js".into()));
        for path in
            ["", "/", "/..", "/a/../b", "/%2e%2e/etc/passwd", "/a%2f..%2f..%2fb", "//etc/passwd", "/a\\b", "/%00"]
        {
            assert_eq!(inside(folder, path), None, "{path}");
        }
    }

    #[test]
    fn under_a_public_path_the_page_says_so() {
        let page = r#"<meta charset="utf-8"><META x>
<meta http-equiv="Content-Security-Policy" content="script-src 'sha256-x'"><link href="/_app/a.js">{ base: "" }"#;
        let files = Files { folder: PathBuf::new(), public_path: "/temporal".into() };
        assert_eq!(
            files.under_public_path(page.into()),
            "<meta charset=\"utf-8\"><META x>\n<link href=\"/temporal/_app/a.js\">{ base: \"/temporal\" }"
        );
        let plain = Files { folder: PathBuf::new(), public_path: String::new() };
        assert_eq!(plain.under_public_path(page.into()), page);
    }
}
