//! The pages of workers, rendered from fixed answers with hostile texts in them.

use abide_api::temporal::api::deployment::v1::WorkerDeploymentVersion;
use abide_api::temporal::api::worker::v1::{
    PluginInfo, StorageDriverInfo, WorkerHeartbeat, WorkerHostInfo, WorkerInfo, WorkerListInfo, WorkerPollerInfo,
    WorkerSlotsInfo,
};
use abide_api::temporal::api::workflowservice::v1::{DescribeWorkerResponse, ListWorkersRequest, ListWorkersResponse};
use bytes::Bytes;
use prost::Message;
use prost_types::Timestamp;
use tonic::Status;

use crate::Site;
use crate::testing::{Asked, service, shown, site};

const HOSTILE: &str = "<script>'\"&";

fn version() -> Option<WorkerDeploymentVersion> {
    Some(WorkerDeploymentVersion { deployment_name: "shop".into(), build_id: HOSTILE.into() })
}

fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

fn listed(key: &str) -> WorkerListInfo {
    WorkerListInfo {
        worker_instance_key: key.into(),
        worker_identity: HOSTILE.into(),
        task_queue: "a/b".into(),
        deployment_version: version(),
        sdk_name: "temporal-python".into(),
        sdk_version: "1.9".into(),
        status: 1,
        start_time: at(1),
        host_name: HOSTILE.into(),
        process_id: "7".into(),
        ..Default::default()
    }
}

fn described() -> WorkerHeartbeat {
    let slots = WorkerSlotsInfo {
        current_available_slots: 95,
        current_used_slots: 5,
        slot_supplier_kind: "Fixed".into(),
        total_processed_tasks: 1000,
        total_failed_tasks: 3,
        last_interval_processed_tasks: 10,
        last_interval_failure_tasks: 1,
    };
    let pollers = WorkerPollerInfo { current_pollers: 5, last_successful_poll_time: at(2), is_autoscaling: true };
    WorkerHeartbeat {
        worker_instance_key: HOSTILE.into(),
        worker_identity: HOSTILE.into(),
        host_info: Some(WorkerHostInfo {
            host_name: HOSTILE.into(),
            process_id: "7".into(),
            current_host_cpu_usage: 0.256,
            current_host_mem_usage: 7.0,
            ..Default::default()
        }),
        task_queue: "a/b".into(),
        deployment_version: version(),
        status: 2,
        start_time: at(1),
        heartbeat_time: at(3),
        workflow_task_slots_info: Some(slots.clone()),
        activity_task_slots_info: Some(slots),
        workflow_poller_info: Some(pollers),
        activity_poller_info: Some(WorkerPollerInfo { is_autoscaling: false, ..pollers }),
        total_sticky_cache_hit: 20,
        total_sticky_cache_miss: 1,
        current_sticky_cache_size: 4,
        plugins: vec![PluginInfo { name: HOSTILE.into(), version: "1".into() }],
        drivers: vec![StorageDriverInfo { r#type: HOSTILE.into() }],
        ..Default::default()
    }
}

fn answer(asked: Asked) -> Result<Bytes, Status> {
    if asked.path.ends_with("/DescribeWorker") {
        let worker_info = Some(WorkerInfo { worker_heartbeat: Some(described()) });
        return Ok(DescribeWorkerResponse { worker_info }.encode_to_vec().into());
    }
    if !asked.path.ends_with("/ListWorkers") {
        return Ok(Bytes::new());
    }
    let request = ListWorkersRequest::decode(asked.message).expect("a request");
    let workers = match request.query.as_str() {
        "" => vec![listed("one"), listed(HOSTILE)],
        "nothing" => vec![],
        query => return Err(Status::invalid_argument(format!("cannot read {query}"))),
    };
    let next_page_token = if request.next_page_token.is_empty() && !workers.is_empty() { "two" } else { "" };
    Ok(ListWorkersResponse { workers, next_page_token: next_page_token.into(), ..Default::default() }
        .encode_to_vec()
        .into())
}

fn fixed() -> Site {
    site(service(answer))
}

#[tokio::test]
async fn the_list_shows_workers_and_leads_to_the_next_ones() {
    let (status, html) = shown(fixed(), "/namespaces/d/workers", None).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(html);
    let (_, html) = shown(fixed(), "/namespaces/d/workers?after=dHdv", None).await;
    assert!(!html.contains("data-more"), "{html}");
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_shown_with_what_is_wrong_with_it() {
    let (status, html) = shown(fixed(), "/namespaces/d/workers?query=%3Cb%3E", None).await;
    assert!(status == 200 && html.contains("value=\"&lt;b&gt;\"") && html.contains("cannot read &lt;b&gt;"), "{html}");
    let (_, html) = shown(fixed(), "/namespaces/d/workers?query=nothing", None).await;
    assert!(html.contains("No worker matches."), "{html}");
    let unknown = site(service(|_| Err::<Bytes, _>(Status::not_found("Namespace d is not found."))));
    assert_eq!(shown(unknown, "/namespaces/d/workers?query=x", None).await.0, 404);
}

#[tokio::test]
async fn a_worker_shows_everything_that_it_said() {
    let (status, html) = shown(fixed(), "/namespaces/d/workers/%3Cscript%3E'%22&", None).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(html);
}
