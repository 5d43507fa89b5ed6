//! The frame that all pages share: navigation, the choice of namespace, wishes, what was just done. And the fields of the header
//! that let a browser run nothing but our own scripts.

use abide_api::temporal::api::namespace::v1::NamespaceInfo;
use abide_api::temporal::api::workflowservice::v1::ListNamespacesRequest;
use abide_http::url::path;
use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderName, HeaderValue};
use maud::{DOCTYPE, Markup, html};

use crate::navigation::navigation;
use crate::page::{Page, Watch};
use crate::preferences::{self, Theme, TimeFormat};
use crate::visit::Visit;
use crate::{assets, form, live};

/// How many namespaces the menu offers; the rest are on the page of namespaces.
const NAMESPACES_SHOWN_MAX: usize = 30;
/// What a browser may use besides, which no page of ours does.
const PERMISSIONS: HeaderValue = HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()");

/// The whole answer.
pub(crate) async fn answer(visit: &Visit, page: Page) -> Response {
    let status = page.status;
    let policy = policy(visit, page.namespace.as_deref());
    let namespaces = namespaces(visit).await;
    let html = frame(visit, page, &namespaces).into_string();
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("permissions-policy"), PERMISSIONS);
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    if visit.said.is_some() {
        form::forget_said(&mut response);
    }
    response
}

/// Where this visitor has the payloads of a namespace decoded; empty for nowhere.
fn codec(visit: &Visit, namespace: Option<&str>) -> String {
    let codec = visit.preferences.codec.as_deref().unwrap_or(&visit.site.codec_endpoint);
    preferences::of_namespace(codec, namespace.unwrap_or_default())
}

fn policy(visit: &Visit, namespace: Option<&str>) -> String {
    let codec = preferences::origin(&codec(visit, namespace)).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {codec}; \
         form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
    )
}

async fn namespaces(visit: &Visit) -> Vec<NamespaceInfo> {
    let request = ListNamespacesRequest { page_size: NAMESPACES_SHOWN_MAX as i32, ..Default::default() };
    let answer = visit.workflows().list_namespaces(visit.request(request)).await;
    let namespaces = answer.map(|answer| answer.into_inner().namespaces).unwrap_or_default();
    namespaces.into_iter().filter_map(|namespace| namespace.namespace_info).collect()
}

fn frame(visit: &Visit, page: Page, namespaces: &[NamespaceInfo]) -> Markup {
    let preferences = &visit.preferences;
    let live = (page.watch != Watch::Nothing).then(|| visit.href(live::PATH));
    let namespace = page.namespace.as_deref();
    let known = namespaces.iter().find(|info| Some(info.name.as_str()) == namespace).or(namespaces.first());
    let chosen = namespace.or(known.map(|info| info.name.as_str()));
    html! {
        (DOCTYPE)
        html lang="en" data-theme=(preferences.theme.name()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (page.title) " · Abide" }
                link rel="icon" href=(assets::href(visit, "icon.svg"));
                link rel="stylesheet" href=(assets::href(visit, "app.css"));
                script type="module" src=(assets::href(visit, "live.js")) {}
            }
            body data-base=(visit.base()) data-page=(visit.address()) data-live-url=[live] data-time=(preferences.time.name())
                data-namespace=[namespace] data-codec=(codec(visit, namespace))
                data-codec-credentials=[preferences.codec_credentials.then_some("")] {
                a.skip href="#main" { "Skip to the content" }
                header.top {
                    a.brand href=(visit.href("/")) { "Abide" }
                    (namespace_menu(visit, namespace, namespaces))
                    span.connection id="connection" role="status" {}
                    (wishes(visit))
                }
                (navigation(visit, page.place, chosen, &known.cloned().unwrap_or_default()))
                main id="main" tabindex="-1" {
                    @if let Some(said) = &visit.said { p.said role="status" { (said) } }
                    (page.body)
                }
            }
        }
    }
}

fn namespace_menu(visit: &Visit, chosen: Option<&str>, namespaces: &[NamespaceInfo]) -> Markup {
    html! {
        details.menu.namespaces {
            summary { span.quiet { "Namespace " } strong { (chosen.unwrap_or("none chosen")) } }
            ul {
                @for name in namespaces.iter().map(|info| info.name.as_str()) {
                    li { a href=(visit.href(&path(&["namespaces", name, "workflows"])))
                        aria-current=[(chosen == Some(name)).then_some("true")] { (name) } }
                }
                li { a href=(visit.href("/namespaces")) { "All namespaces" } }
            }
        }
    }
}

fn wishes(visit: &Visit) -> Markup {
    let preferences = &visit.preferences;
    let choice = |name: &str, label: &str, chosen: &str, all: &[&str]| {
        html! {
            label { (label) " "
                select name=(name) { @for one in all { option value=(one) selected[*one == chosen] { (one) } } }
            }
        }
    };
    html! {
        details.menu.wishes {
            summary { "Settings" }
            form method="post" action=(visit.href("/preferences")) data-whole="" {
                (form::token(visit))
                input type="hidden" name="back" value=(visit.address());
                (choice("theme", "Colours", preferences.theme.name(), &Theme::ALL.map(|(_, name)| name)))
                (choice("time", "Times", preferences.time.name(), &TimeFormat::ALL.map(|(_, name)| name)))
                label { "Codec server of this browser "
                    input name="codec" inputmode="url" autocomplete="off" spellcheck="false" placeholder=(visit.site.codec_endpoint)
                        value=(preferences.codec.as_deref().unwrap_or_default());
                }
                label.tick {
                    input type="checkbox" name="codec-credentials" value="true" checked[preferences.codec_credentials];
                    "Send cookies to it"
                }
                p.quiet { code { "{namespace}" } " stands for the namespace." }
                button { "Save" }
                p.quiet { "Press " kbd { "?" } " for the keys." }
            }
        }
    }
}
