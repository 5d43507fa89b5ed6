//! One request for a page: who looks, from where, with which wishes. Leads to the API with the visitor's own credentials, and
//! makes addresses that are right wherever something in front of the server has put it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use abide_api::temporal::api::operatorservice::v1::operator_service_client::OperatorServiceClient;
use abide_api::temporal::api::workflowservice::v1::workflow_service_client::WorkflowServiceClient;
use abide_http::{Client, forwarded, url};
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, Request};
use maud::{Markup, PreEscaped, html};
use tonic::metadata::MetadataMap;
use tonic::service::Routes;
use tonic::{Code, Extensions, Status};

use crate::preferences::Preferences;
use crate::problem::Problem;
use crate::site::Site;
use crate::switches::Action;

/// Where something in front of the server says what it has put before all paths.
const FORWARDED_PREFIX: &str = "x-forwarded-prefix";

/// The parts of a page that change while it is looked at: their HTML by name.
pub(crate) type Regions = BTreeMap<String, String>;

/// See the file's first lines.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) site: Arc<Site>,
    /// What every form must carry.
    pub(crate) token: String,
    pub(crate) preferences: Preferences,
    /// What the page before has to say: something was done.
    pub(crate) said: Option<String>,
    /// The path, without anything before it.
    pub(crate) path: String,
    /// The query, in its order.
    query: Vec<(String, String)>,
    /// What stands before all paths: nothing, or `/temporal`.
    base: String,
    headers: HeaderMap,
    regions: Arc<Mutex<Regions>>,
}

impl Visit {
    pub(crate) fn new<B>(site: Arc<Site>, token: String, request: &Request<B>) -> Self {
        let headers = request.headers();
        let client = Client { name: "abide-web", version: site.version };
        Self {
            token,
            preferences: Preferences::of(headers),
            said: crate::form::said(headers),
            path: request.uri().path().to_owned(),
            query: url::pairs(request.uri().query().unwrap_or_default()).unwrap_or_default(),
            base: base(&site, headers),
            headers: forwarded(headers, client),
            regions: Arc::default(),
            site,
        }
    }

    /// The same visitor at another address of the site: a path and a query.
    pub(crate) fn elsewhere(&self, address: &str) -> Self {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        Self {
            path: path.to_owned(),
            query: url::pairs(query).unwrap_or_default(),
            said: None,
            regions: Arc::default(),
            ..self.clone()
        }
    }

    /// The workflow service, as this visitor may use it: with [`Visit::request`].
    pub(crate) fn workflows(&self) -> WorkflowServiceClient<Routes> {
        WorkflowServiceClient::new(self.site.routes.clone()).max_decoding_message_size(usize::MAX)
    }

    /// The operator service, likewise.
    pub(crate) fn operator(&self) -> OperatorServiceClient<Routes> {
        OperatorServiceClient::new(self.site.routes.clone()).max_decoding_message_size(usize::MAX)
    }

    /// A request with the visitor's credentials.
    pub(crate) fn request<M>(&self, message: M) -> tonic::Request<M> {
        tonic::Request::from_parts(MetadataMap::from_headers(self.headers.clone()), Extensions::default(), message)
    }

    /// Refuses what cannot be done from the page.
    pub(crate) fn allow(&self, action: Action) -> Result<(), Problem> {
        match self.site.switches.allow(action) {
            true => Ok(()),
            false => Err(Status::new(Code::PermissionDenied, "this is switched off on this web page").into()),
        }
    }

    /// Whether this can be done from the page: what cannot is not offered.
    pub(crate) fn may(&self, action: Action) -> bool {
        self.site.switches.allow(action)
    }

    /// The address of a path of this site: see [`url::path`].
    pub(crate) fn href(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What stands before all paths.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The address of this page with some values of the query changed, or left out.
    pub(crate) fn here_with(&self, changes: &[(&str, Option<&str>)]) -> String {
        let is_changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
        let kept = self.query.iter().filter(|(name, _)| !is_changed(name));
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
        let new = changes.iter().filter_map(|(name, value)| value.map(|value| (*name, value)));
        let query = url::query(kept.chain(new));
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{query}", self.base, self.path)
    }

    /// The address of this page within the site.
    pub(crate) fn address(&self) -> String {
        self.here_with(&[])[self.base.len()..].to_owned()
    }

    /// A value of the query, unless it is empty.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    /// All values of a name in the query.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A part of the page that changes while it is looked at. The name is unique on the page.
    pub(crate) fn live(&self, name: &str, content: Markup) -> Markup {
        let hash = hash(&content.0);
        let region = html! { div id={ "live-" (name) } data-live=(hash) { (content) } };
        self.regions.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), content.0);
        PreEscaped(region.0)
    }

    /// What [`Visit::live`] was given.
    pub(crate) fn take_regions(&self) -> Regions {
        std::mem::take(&mut self.regions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What tells whether a region has changed.
pub(crate) fn hash(html: &str) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    html.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

// Only a plain path is taken from a header.
fn base(site: &Site, headers: &HeaderMap) -> String {
    let given = headers.get(FORWARDED_PREFIX).and_then(|prefix| prefix.to_str().ok()).map(str::trim);
    let is_plain = |prefix: &&str| {
        prefix.starts_with('/')
            && !prefix.starts_with("//")
            && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~%".contains(&byte))
    };
    let prefix = given.filter(is_plain).unwrap_or_default();
    let prefix = prefix.trim_end_matches('/');
    if prefix.ends_with(&site.public_path) { prefix.to_owned() } else { format!("{prefix}{}", site.public_path) }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Visit>().cloned().expect("pages are asked with a visit"))
    }
}
