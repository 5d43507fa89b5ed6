//! What all pages of a server know, and how an address becomes a page: the request is read as a visit, the page's own function
//! answers with its parts, and they are put into the frame that all pages share, or sent as the regions that have changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use abide_cluster::{BoxFuture, Changes};
use abide_model::{NamespaceId, limits};
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Method, Request, StatusCode};
use tokio::sync::Semaphore;
use tonic::service::Routes;
use tower::ServiceExt;

use crate::inside::Section;
use crate::page::Page;
use crate::switches::Switches;
use crate::visit::{Regions, Visit};
use crate::{assets, live, pages, shell};

/// What all pages of a server know.
pub struct Site {
    /// The services that answer.
    pub routes: Routes,
    /// Where pages hear that what they show has changed.
    pub changes: Arc<Changes>,
    /// What all paths begin with, when something in front of the server puts it there: `/temporal`. Empty or with a slash
    /// before it and none behind.
    pub public_path: String,
    /// Where browsers have payloads decoded, unless their owners say otherwise; empty for nowhere.
    pub codec_endpoint: String,
    /// What cannot be done from the page.
    pub switches: Switches,
    /// Where gRPC is served, for people to read.
    pub grpc_address: String,
    /// Where the API is served as HTTP, for people to read.
    pub http_address: Option<String>,
    /// This server's own version.
    pub version: &'static str,
    /// Returns when the server stops: streams end then, so that it need not wait for them.
    pub stopping: Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
    /// What the system page shows of the inside. May wait for a disk.
    pub inside: Box<dyn Fn() -> Vec<Section> + Send + Sync>,
    /// The task queues of a namespace by name, with how many tasks wait in each, about.
    pub queues: Box<dyn Fn(NamespaceId) -> BTreeMap<String, i64> + Send + Sync>,
}

/// The pages of a site.
pub(crate) struct Pages {
    pub(crate) site: Arc<Site>,
    router: Router,
    streams: Arc<Semaphore>,
}

impl Pages {
    pub(crate) fn new(site: Site) -> Self {
        let streams = Arc::new(Semaphore::new(limits::PAGE_STREAMS_MAX));
        Self { site: Arc::new(site), router: pages::router(), streams }
    }

    /// Answers a request; `token` is the one that forms must carry. The path is without the site's public path.
    pub(crate) async fn answer(self: &Arc<Self>, token: String, request: Request<Body>) -> Response {
        let path = request.uri().path();
        if let Some(name) = path.strip_prefix(assets::PREFIX) {
            return assets::answer(name);
        }
        let is_live = request.method() == Method::GET && path == live::PATH;
        let visit = Visit::new(self.site.clone(), token, &request);
        if is_live {
            return match self.streams.clone().try_acquire_owned() {
                Ok(permit) => live::stream(self.clone(), visit, permit).into_response(),
                Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            };
        }
        let mut response = self.respond(visit.clone(), request).await;
        match response.extensions_mut().remove::<Page>() {
            Some(page) => shell::answer(&visit, page).await,
            None => response,
        }
    }

    /// The page at the address of a visit, with the regions in it that live.
    pub(crate) async fn page(&self, visit: Visit) -> Option<(Page, Regions)> {
        let request = Request::get(visit.address()).body(Body::empty()).ok()?;
        let mut response = self.respond(visit.clone(), request).await;
        let page = response.extensions_mut().remove::<Page>()?;
        Some((page, visit.take_regions()))
    }

    async fn respond(&self, visit: Visit, mut request: Request<Body>) -> Response {
        request.extensions_mut().insert(visit);
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}
