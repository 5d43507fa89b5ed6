//! What a page's function answers with. The frame around it, and the answer as HTTP, are made elsewhere.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::Markup;

/// A page without its frame.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    /// Which entry of the navigation it belongs to.
    pub(crate) place: Place,
    /// The namespace that it is about.
    pub(crate) namespace: Option<String>,
    pub(crate) watch: Watch,
    pub(crate) body: Markup,
}

/// The entries of the navigation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Workflows,
    Schedules,
    Activities,
    TaskQueues,
    Workers,
    Deployments,
    Batches,
    Namespaces,
    Nexus,
    SearchAttributes,
    Import,
    System,
    /// None of them.
    Elsewhere,
}

/// When the live parts of a page are to be looked at again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Watch {
    /// Never.
    Nothing,
    /// When any run of this namespace has changed.
    Namespace(String),
    /// When this workflow of this namespace has changed.
    Workflow(String, String),
    /// The same, and from time to time besides: what holds an open run up is not all its own.
    OpenRun(String, String),
    /// From time to time.
    Every(Duration),
}

impl Page {
    /// A page that is not live.
    pub(crate) fn new(place: Place, title: impl Into<String>, body: Markup) -> Self {
        let (title, watch) = (title.into(), Watch::Nothing);
        Self { status: StatusCode::OK, title, place, namespace: None, watch, body }
    }

    /// About a namespace.
    pub(crate) fn of(self, namespace: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), ..self }
    }

    /// A page whose parts live: see [`crate::visit::Visit::live`].
    pub(crate) fn watching(self, watch: Watch) -> Self {
        Self { watch, ..self }
    }
}

// The frame needs what only the visit knows: it is put around the page later.
impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(self);
        response
    }
}
