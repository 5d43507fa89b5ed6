//! The entries of the navigation: where each leads, by which key, and when it is there. What the server cannot do yet has its
//! place here, and is not shown.

use abide_api::temporal::api::namespace::v1::NamespaceInfo;
use abide_http::url::path;
use maud::{Markup, html};

use crate::page::Place;
use crate::visit::Visit;

/// One entry.
struct Entry {
    place: Place,
    name: &'static str,
    /// Typed behind `g`, it leads there; the page of keys says so.
    key: Option<&'static str>,
    to: To,
    /// Whether the server can do it, as the namespace says.
    is_there: fn(&NamespaceInfo) -> bool,
}

/// Where an entry leads.
enum To {
    /// To the page of the chosen namespace with this name.
    Namespace(&'static str),
    /// To a page of the whole site.
    Site(&'static str),
}

const ALWAYS: fn(&NamespaceInfo) -> bool = |_| true;
/// No capability says that the server has these: they are shown from the day on which their pages are there.
const LATER: fn(&NamespaceInfo) -> bool = |_| false;

const ENTRIES: [Entry; 12] = [
    entry(Place::Workflows, "Workflows", Some("w"), To::Namespace("workflows"), ALWAYS),
    entry(Place::Schedules, "Schedules", None, To::Namespace("schedules"), |info| info.supports_schedules),
    entry(Place::Activities, "Standalone activities", None, To::Namespace("activities"), has_activities),
    entry(Place::TaskQueues, "Task queues", Some("q"), To::Namespace("task-queues"), ALWAYS),
    entry(Place::Workers, "Workers", Some("k"), To::Namespace("workers"), ALWAYS),
    entry(Place::Deployments, "Deployments", None, To::Namespace("workers/deployments"), LATER),
    entry(Place::Batches, "Batch operations", Some("b"), To::Namespace("batch-operations"), ALWAYS),
    entry(Place::SearchAttributes, "Search attributes", Some("a"), To::Namespace("search-attributes"), ALWAYS),
    entry(Place::Namespaces, "Namespaces", Some("n"), To::Site("/namespaces"), ALWAYS),
    entry(Place::Nexus, "Nexus endpoints", None, To::Site("/nexus"), LATER),
    entry(Place::Import, "Import a history", Some("i"), To::Site("/import"), ALWAYS),
    entry(Place::System, "System", Some("s"), To::Site("/system"), ALWAYS),
];

const fn entry(
    place: Place,
    name: &'static str,
    key: Option<&'static str>,
    to: To,
    is_there: fn(&NamespaceInfo) -> bool,
) -> Entry {
    Entry { place, name, key, to, is_there }
}

fn has_activities(info: &NamespaceInfo) -> bool {
    info.capabilities.is_some_and(|capabilities| capabilities.standalone_activities)
}

/// The navigation. `chosen` is the namespace that one is in, and `info` what is known of it, or of another one.
pub(crate) fn navigation(visit: &Visit, place: Place, chosen: Option<&str>, info: &NamespaceInfo) -> Markup {
    let address = |to: &To| match (to, chosen) {
        (To::Site(path), _) => (*path).to_owned(),
        (To::Namespace(last), Some(namespace)) => format!("{}/{last}", path(&["namespaces", namespace])),
        (To::Namespace(_), None) => "/namespaces".to_owned(),
    };
    html! {
        nav.side aria-label="Pages" {
            ul {
                @for entry in ENTRIES.iter().filter(|entry| (entry.is_there)(info)) {
                    li { a href=(visit.href(&address(&entry.to))) data-go=[entry.key]
                        aria-current=[(entry.place == place).then_some("page")] { (entry.name) } }
                }
            }
            p.quiet { "abide " (visit.site.version) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use abide_api::temporal::api::namespace::v1::namespace_info::Capabilities;
    use http::Request;
    use tonic::service::Routes;

    use super::*;
    use crate::testing::site;

    fn shown(chosen: Option<&str>, info: &NamespaceInfo) -> String {
        let site = Arc::new(site(Routes::default()));
        let visit = Visit::new(site, String::new(), &Request::get("/").body(()).expect("a request"));
        navigation(&visit, Place::Workers, chosen, info).into_string()
    }

    #[test]
    fn what_the_server_cannot_do_is_not_shown() {
        let html = shown(Some("a/b"), &NamespaceInfo::default());
        for hidden in ["Schedules", "Standalone activities", "Deployments", "Nexus"] {
            assert!(!html.contains(hidden), "{html}");
        }
        assert!(html.contains("href=\"/namespaces/a%2Fb/workers\" data-go=\"k\" aria-current=\"page\""), "{html}");
        let capabilities = Some(Capabilities { standalone_activities: true, ..Default::default() });
        let able = NamespaceInfo { supports_schedules: true, capabilities, ..Default::default() };
        let html = shown(Some("d"), &able);
        assert!(html.contains("/namespaces/d/schedules") && html.contains("/namespaces/d/activities"), "{html}");
    }

    #[test]
    fn without_a_namespace_one_is_led_to_where_one_is_made() {
        let html = shown(None, &NamespaceInfo::default());
        assert!(html.contains("href=\"/namespaces\" data-go=\"w\"") && html.contains("href=\"/system\""), "{html}");
    }
}
