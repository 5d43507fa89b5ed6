//! The system page, rendered from fixed facts with hostile texts in them.

use abide_api::temporal::api::workflowservice::v1::GetClusterInfoResponse;
use abide_model::Timestamp;
use bytes::Bytes;
use prost::Message;
use tonic::Status;

use crate::Site;
use crate::inside::{Fact, Section};
use crate::testing::{service, shown, site};

fn inside() -> Vec<Section> {
    let memory = [
        ("Since", Fact::Since(Timestamp { nanos: 1_500_000_000 })),
        ("Loaded runs", Fact::Count(3)),
        ("Cache", Fact::Filled { used: 1536, limit: 4096 }),
        ("File", Fact::Bytes(1 << 20)),
        ("Path", Fact::Text("/data/<b>".into())),
        ("Store", Fact::Trouble("failed: <b>".into())),
    ];
    vec![Section::new("In <memory>", memory), Section::new("Settings", [])]
}

#[tokio::test]
async fn everything_that_the_server_says_of_itself_is_shown() {
    let cluster = GetClusterInfoResponse {
        server_version: "1.99.0".into(),
        cluster_id: "id".into(),
        cluster_name: "active".into(),
        history_shard_count: 4,
        persistence_store: "sqlite".into(),
        visibility_store: "sqlite".into(),
        ..Default::default()
    };
    let site = site(service(move |_| Ok(cluster.encode_to_vec().into())));
    let (status, html) = shown(Site { inside: Box::new(inside), ..site }, "/system", None).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(html);
}

#[tokio::test]
async fn nothing_of_it_is_shown_to_who_may_not_ask_about_the_cluster() {
    let site = site(service(|_| Err::<Bytes, _>(Status::permission_denied("not you"))));
    let (status, html) = shown(Site { inside: Box::new(inside), ..site }, "/system", None).await;
    assert!(status == 403 && html.contains("not you") && !html.contains("Loaded runs"), "{status} {html}");
}
