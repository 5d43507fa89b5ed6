//! All pages, by address: those of the official web UI, so that links to it are links to these.

mod home;
mod namespaces;
mod run;
mod workflows;

use axum::Router;
use axum::routing::{get, post};

use crate::problem::Problem;

/// Which address is which page.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/", get(home::home))
        .route("/preferences", post(home::prefer))
        .route("/namespaces", get(namespaces::list))
        .route("/namespaces/actions/create", get(namespaces::create::ask).post(namespaces::create::act))
        .route("/namespaces/{namespace}", get(namespaces::detail::detail))
        .route("/namespaces/{namespace}/actions/edit", get(namespaces::edit::ask).post(namespaces::edit::act))
        .route("/namespaces/{namespace}/actions/delete", get(namespaces::delete::ask).post(namespaces::delete::act))
        .route("/namespaces/{namespace}/workflows", get(workflows::list))
        .merge(run::router())
        .fallback(async || Problem::nothing())
        .method_not_allowed_fallback(async || Problem::nothing())
}
