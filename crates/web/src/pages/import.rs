//! A history from a file, shown as the history of a run is. Nothing is kept: what is shown of it comes with the answer, and further
//! parts of it are asked for with the file again, which a page that is not too large carries itself.

mod read;
mod shown;
#[cfg(test)]
mod tests;
mod upload;

use abide_http::url::path;
use axum::Router;
use axum::extract::Path;
use axum::response::Redirect;
use axum::routing::get;
use maud::{Markup, html};
use tokio::sync::Semaphore;

use crate::form::token;
use crate::page::{Page, Place};
use crate::problem::Problem;
use crate::visit::Visit;
use shown::Part;
use upload::{HISTORY_BYTES_MAX, Upload};

/// Where one arrives without a namespace, and where links of a history lead then.
const NAMESPACE: &str = "default";
/// While it is read, a history takes many times its size of memory: so many are read at once, and others wait.
static READING: Semaphore = Semaphore::const_new(2);

/// Which address is which page.
pub(super) fn router() -> Router {
    let page = || get(ask).post(show).layer(upload::limit());
    Router::new()
        .route("/import", get(anywhere))
        .route("/import/events", get(anywhere))
        .route("/namespaces/{namespace}/import", page())
        .route("/namespaces/{namespace}/import/events", page())
}

async fn anywhere(visit: Visit) -> Redirect {
    Redirect::temporary(&href(&visit, NAMESPACE))
}

async fn ask(visit: Visit, Path(namespace): Path<String>) -> Page {
    let body = html! { h1 { "Import a history" } (form(&visit, &namespace)) };
    Page::new(Place::Import, "Import a history", body).of(namespace)
}

async fn show(visit: Visit, Path(namespace): Path<String>, upload: Upload) -> Result<Page, Problem> {
    let part = Part::of(&upload)?;
    let form = form(&visit, &namespace);
    // It is read to its end, even if nobody waits for it any more.
    let turn = READING.acquire().await.map_err(|_| Problem::failed("This server reads no histories."))?;
    // What is large takes its time, which others need not wait for.
    let (name, shown) = tokio::task::spawn_blocking({
        let namespace = namespace.clone();
        move || {
            let _turn = turn;
            shown::history(&visit, &namespace, &upload.history, part)
        }
    })
    .await
    .map_err(|_| Problem::invalid("This history cannot be shown."))??;
    let body = html! { (shown) h2 { "Import another history" } (form) };
    Ok(Page::new(Place::Import, format!("{name} · Imported history"), body).of(namespace))
}

fn href(visit: &Visit, namespace: &str) -> String {
    visit.href(&path(&["namespaces", namespace, "import"]))
}

fn form(visit: &Visit, namespace: &str) -> Markup {
    html! {
        form.fields method="post" enctype="multipart/form-data" action=(href(visit, namespace)) {
            (token(visit))
            p { "A history as the command below writes it, or as a web UI's download has it, is shown here as that of a run is. It is "
                "not kept. It may have up to " (HISTORY_BYTES_MAX >> 20) " MiB." }
            label { "File" input type="file" name="file" accept=".json,application/json"; }
            label { "Or the JSON itself" textarea name="pasted" spellcheck="false" {} }
            (Part::fields())
            p { code { "abide workflow show --workflow-id ID --output json > history.json" } }
            button.primary { "Show the history" }
        }
    }
}
