//! Where one arrives, and what one wants pages to look like.

use abide_api::temporal::api::workflowservice::v1::ListNamespacesRequest;
use abide_http::url::path;
use axum::response::{IntoResponse, Redirect, Response};

use crate::form::Fields;
use crate::preferences::{self, Theme, TimeFormat};
use crate::problem::Problem;
use crate::visit::Visit;

/// The first namespace's workflows.
pub(crate) async fn home(visit: Visit) -> Result<Redirect, Problem> {
    let request = visit.request(ListNamespacesRequest { page_size: 1, ..Default::default() });
    let found = visit.workflows().list_namespaces(request).await?.into_inner().namespaces.into_iter().next();
    let first = found.and_then(|namespace| namespace.namespace_info);
    let to = first.map_or("/namespaces".to_owned(), |first| path(&["namespaces", &first.name, "workflows"]));
    Ok(Redirect::temporary(&visit.href(&to)))
}

/// Has the browser keep what its owner wants.
pub(crate) async fn prefer(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let theme = fields.text("theme").unwrap_or(Theme::System.name());
    let time = fields.text("time").unwrap_or(TimeFormat::Utc.name());
    let codec = fields.text("codec").unwrap_or_default();
    if !codec.is_empty() && !preferences::is_codec(codec) {
        return Err(Problem::invalid("the codec server's address must be http:// or https:// with a host"));
    }
    // Only a place of this site.
    let back = fields.text("back").filter(|back| is_of_this_site(back)).unwrap_or("/");
    let mut response = Redirect::to(&visit.href(back)).into_response();
    let credentials = fields.text("codec-credentials").unwrap_or_default();
    let wishes = [
        (preferences::THEME, theme),
        (preferences::TIME, time),
        (preferences::CODEC, codec),
        (preferences::CODEC_CREDENTIALS, credentials),
    ];
    for (name, value) in wishes {
        preferences::keep(&mut response, name, value);
    }
    Ok(response)
}

/// A browser takes a second slash for the beginning of a host, whichever way it leans, and sees no tabs and ends of lines.
fn is_of_this_site(path: &str) -> bool {
    path.starts_with('/') && !path[1..].starts_with(['/', '\\']) && !path.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::is_of_this_site;

    #[test]
    fn nobody_is_led_to_another_site() {
        assert!(is_of_this_site("/") && is_of_this_site("/namespaces?a=//b"));
        for elsewhere in ["", "x", "//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example"] {
            assert!(!is_of_this_site(elsewhere), "{elsewhere}");
        }
    }
}
