//! The page of search attributes, rendered from fixed answers with hostile names in them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use abide_api::temporal::api::operatorservice::v1::{
    AddSearchAttributesRequest, ListSearchAttributesResponse, RemoveSearchAttributesRequest,
};
use bytes::Bytes;
use prost::Message;
use tonic::Status;

use crate::Site;
use crate::switches::Switches;
use crate::testing::{Asked, service, shown, site};

fn answer(asked: &Asked) -> Result<Bytes, Status> {
    if !asked.path.ends_with("/ListSearchAttributes") {
        return Ok(Bytes::new());
    }
    let attributes = |pairs: &[(&str, i32)]| pairs.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    let found = ListSearchAttributesResponse {
        custom_attributes: attributes(&[("<b>'\"", 2), ("Price", 4), ("Odd", 99)]),
        system_attributes: attributes(&[("StartTime", 6), ("WorkflowId", 2)]),
        ..Default::default()
    };
    Ok(found.encode_to_vec().into())
}

fn recorded() -> (Site, Arc<Mutex<Vec<Asked>>>) {
    let all: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let kept = all.clone();
    let routes = service(move |asked| {
        let answered = answer(&asked);
        kept.lock().expect("no panic").push(asked);
        answered
    });
    (site(routes), all)
}

#[tokio::test]
async fn both_kinds_are_shown_and_only_those_of_the_namespace_can_be_removed() {
    let (status, html) = shown(recorded().0, "/namespaces/a%2Fb/search-attributes", None).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(html);
}

#[tokio::test]
async fn forms_show_what_they_do_and_the_command_that_does_it() {
    for (name, path) in [("add", "actions/add"), ("remove", "%3Cb%3E'%22/actions/remove")] {
        let (status, html) = shown(recorded().0, &format!("/namespaces/d/search-attributes/{path}"), None).await;
        assert_eq!(status, 200, "{name}");
        insta::assert_snapshot!(name, html);
    }
}

#[tokio::test]
async fn what_is_typed_in_is_added() {
    let (site, asked) = recorded();
    let to = shown(site, "/namespaces/d/search-attributes/actions/add", Some("name=Price&type=Double")).await;
    assert_eq!(to, (303, "to /namespaces/d/search-attributes".to_owned()));
    let message = asked.lock().expect("no panic")[0].message.clone();
    let request = AddSearchAttributesRequest::decode(message).expect("a request");
    assert_eq!((request.namespace.as_str(), request.search_attributes), ("d", BTreeMap::from([("Price".into(), 4)])));
    let (status, html) =
        shown(recorded().0, "/namespaces/d/search-attributes/actions/add", Some("name=Price&type=<b>")).await;
    assert!(status == 400 && html.contains("there is no type &lt;b&gt;"), "{status} {html}");
}

#[tokio::test]
async fn what_the_address_names_is_removed() {
    let (site, asked) = recorded();
    let to = shown(site, "/namespaces/d/search-attributes/a%2Fb/actions/remove", Some("")).await;
    assert_eq!(to, (303, "to /namespaces/d/search-attributes".to_owned()));
    let message = asked.lock().expect("no panic")[0].message.clone();
    let request = RemoveSearchAttributesRequest::decode(message).expect("a request");
    assert_eq!((request.namespace.as_str(), request.search_attributes), ("d", vec!["a/b".to_owned()]));
}

#[tokio::test]
async fn on_a_page_that_is_read_only_nothing_is_offered_and_nothing_is_done() {
    let read_only = || Site { switches: Switches { read_only: true, ..Switches::default() }, ..recorded().0 };
    let (_, html) = shown(read_only(), "/namespaces/d/search-attributes", None).await;
    assert!(!html.contains("actions/"), "{html}");
    for path in ["actions/add", "x/actions/remove"] {
        let path = format!("/namespaces/d/search-attributes/{path}");
        assert_eq!(shown(read_only(), &path, None).await.0, 403, "{path}");
        assert_eq!(shown(read_only(), &path, Some("name=a&type=Int")).await.0, 403, "{path}");
    }
}
