//! The server itself: what it is, where it is served, what it stores and holds in memory, what was set. Shown to whoever may ask
//! the service about the cluster.

#[cfg(test)]
mod tests;

use std::time::Duration;

use abide_api::temporal::api::workflowservice::v1::{GetClusterInfoRequest, GetClusterInfoResponse};
use maud::{Markup, html};
use prost_types::Timestamp;

use crate::inside::{Fact, Section};
use crate::page::{Page, Place, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{copyable, facts, since, size};

const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// See the file's first lines.
pub(crate) async fn system(visit: Visit) -> Result<Page, Problem> {
    let cluster = visit.workflows().get_cluster_info(visit.request(GetClusterInfoRequest {})).await?.into_inner();
    let site = visit.site.clone();
    // Sizes of files are asked of the disk, which may take its time.
    let inside = tokio::task::spawn_blocking(move || (site.inside)()).await;
    let inside = inside.map_err(|_| Problem::failed("the server could not say how it is"))?;
    let body = html! {
        h1 { "System" }
        (visit.live("system", everything(&visit, &cluster, &inside)))
        h2 { "Beside this page" }
        p { "Load balancers ask the gRPC health service, or " a href=(visit.href("/healthz")) { "/healthz" } " here." }
        @if let Some(http) = &visit.site.http_address {
            p { "The same API as HTTP and JSON is described at " (copyable(&format!("http://{http}/openapi.yaml"))) }
        }
    };
    Ok(Page::new(Place::System, "System", body).watching(Watch::Every(LOOK_AGAIN)))
}

fn everything(visit: &Visit, cluster: &GetClusterInfoResponse, inside: &[Section]) -> Markup {
    html! {
        div.columns {
            section {
                h2 { "Server" }
                (facts(&[
                    ("Version", Some(html! { "abide " (visit.site.version) })),
                    ("Compatible with", Some(html! { "Temporal Server " (cluster.server_version) })),
                    ("Cluster", Some(html! { (cluster.cluster_name) })),
                    ("Cluster id", Some(copyable(&cluster.cluster_id))),
                    ("Stores", Some(html! { (cluster.persistence_store) ", lists in " (cluster.visibility_store) })),
                    ("Shards", Some(html! { (cluster.history_shard_count) })),
                    ("gRPC", Some(copyable(&visit.site.grpc_address))),
                    ("HTTP", visit.site.http_address.as_deref().map(copyable)),
                ]))
            }
            @for part in inside { section { h2 { (part.heading) } (section_facts(part)) } }
        }
    }
}

fn section_facts(part: &Section) -> Markup {
    html! {
        @if part.facts.is_empty() { p.quiet { "None." } }
        dl.facts { @for (name, fact) in &part.facts { dt { (name) } dd { (shown(fact)) } } }
    }
}

fn shown(fact: &Fact) -> Markup {
    match fact {
        Fact::Text(text) => html! { (text) },
        Fact::Trouble(text) => html! { span.failed { strong { (text) } } },
        Fact::Count(count) => html! { (count) },
        Fact::Bytes(bytes) => html! { (size(*bytes)) },
        Fact::Filled { used, limit } => html! {
            (size(*used)) " of " (size(*limit)) " " meter min="0" max=(limit) value=(used) aria-hidden="true" {}
        },
        Fact::Since(at) => {
            let (seconds, nanos) = (at.nanos.div_euclid(1_000_000_000), at.nanos.rem_euclid(1_000_000_000));
            html! { (since(Some(&Timestamp { seconds, nanos: nanos as i32 }))) }
        }
    }
}
