//! All pages, by address: those of the official web UI, so that links to it are links to these.

mod batches;
mod home;
mod import;
mod namespaces;
mod run;
mod search_attributes;
mod start;
mod system;
mod task_queues;
mod workers;
mod workflows;

use axum::Router;
use axum::routing::{get, post};

use crate::problem::Problem;

/// What the service is told about who acts.
pub(crate) const IDENTITY: &str = "abide-web";

/// Which address is which page.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/", get(home::home))
        .route("/preferences", post(home::prefer))
        .merge(namespaces::router())
        .merge(search_attributes::router())
        .merge(batches::router())
        .merge(start::router())
        .merge(workflows::router())
        .merge(task_queues::router())
        .merge(workers::router())
        .route("/system", get(system::system))
        .merge(run::router())
        .merge(import::router())
        .fallback(async || Problem::nothing())
        .method_not_allowed_fallback(async || Problem::nothing())
}
