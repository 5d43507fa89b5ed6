//! RecordWorkerHeartbeat, ListWorkers, CountWorkers, DescribeWorker: workers as they describe themselves.

use std::sync::Arc;

use abide_api::temporal::api::{
    worker::v1::{WorkerHeartbeat, WorkerInfo, WorkerListInfo},
    workflowservice::v1::{
        CountWorkersRequest, CountWorkersResponse, DescribeWorkerRequest, DescribeWorkerResponse, ListWorkersRequest,
        ListWorkersResponse, RecordWorkerHeartbeatRequest, RecordWorkerHeartbeatResponse,
    },
};
use abide_model::NamespaceId;

use crate::Frontend;
use crate::parse::worker_filter::WorkerFilter;
use crate::status::Refusal;

/// Queues of the server's own workers begin so.
const SYSTEM_QUEUES: &str = "temporal-sys-";
/// What a page token begins with: its version.
const TOKEN_VERSION: u8 = 1;

/// Workers say how they are.
pub fn record(
    frontend: &Frontend,
    request: RecordWorkerHeartbeatRequest,
) -> Result<RecordWorkerHeartbeatResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?.id();
    if frontend.settings.features.worker_heartbeats {
        frontend.matching.record_heartbeats(namespace, request.worker_heartbeat);
    }
    Ok(RecordWorkerHeartbeatResponse {})
}

/// Lists the workers that a query wants, by instance key.
#[allow(deprecated)] // Older tools read the workers in the deprecated form.
pub fn list(frontend: &Frontend, request: ListWorkersRequest) -> Result<ListWorkersResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?.id();
    let behind = read_token(&request.next_page_token)?;
    let wanted = Wanted { query: &request.query, system: request.include_system_workers };
    let mut workers = wanted.of(frontend, namespace, behind.as_deref())?;
    let page = usize::try_from(request.page_size).unwrap_or(0);
    let has_more = page > 0 && workers.len() > page;
    if has_more {
        workers.truncate(page);
    }
    let last = workers.last().filter(|_| has_more);
    Ok(ListWorkersResponse {
        next_page_token: last.map(|last| token(&last.worker_instance_key).into()).unwrap_or_default(),
        workers: workers.iter().map(|worker| list_info(worker)).collect(),
        workers_info: workers.iter().map(|worker| info(worker)).collect(),
    })
}

/// Counts the workers that a query wants.
pub fn count(frontend: &Frontend, request: CountWorkersRequest) -> Result<CountWorkersResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?.id();
    let wanted = Wanted { query: &request.query, system: request.include_system_workers };
    let workers = wanted.of(frontend, namespace, None)?;
    Ok(CountWorkersResponse { count: i64::try_from(workers.len()).unwrap_or(i64::MAX) })
}

/// Everything that one worker last said.
pub fn describe(frontend: &Frontend, request: DescribeWorkerRequest) -> Result<DescribeWorkerResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?.id();
    match frontend.matching.worker(namespace, &request.worker_instance_key) {
        Some(worker) => Ok(DescribeWorkerResponse { worker_info: Some(info(&worker)) }),
        None => Err(Refusal::WorkerNotFound(request.worker_instance_key)),
    }
}

/// Which workers are wanted.
struct Wanted<'a> {
    query: &'a str,
    system: bool,
}

impl Wanted<'_> {
    fn of(
        &self,
        frontend: &Frontend,
        namespace: NamespaceId,
        behind: Option<&str>,
    ) -> Result<Vec<Arc<WorkerHeartbeat>>, Refusal> {
        if !frontend.settings.features.list_workers {
            return Err(Refusal::NotSupported("listing workers is switched off"));
        }
        let filter = WorkerFilter::parse(self.query)?;
        let mut workers = frontend.matching.workers(namespace, behind);
        workers
            .retain(|worker| (self.system || !worker.task_queue.starts_with(SYSTEM_QUEUES)) && filter.passes(worker));
        Ok(workers)
    }
}

fn token(key: &str) -> Vec<u8> {
    [&[TOKEN_VERSION], key.as_bytes()].concat()
}

fn read_token(token: &[u8]) -> Result<Option<String>, Refusal> {
    let invalid = Refusal::invalid("invalid next_page_token");
    match token.split_first() {
        None => Ok(None),
        Some((&TOKEN_VERSION, key)) => String::from_utf8(key.to_vec()).map(Some).map_err(|_| invalid),
        Some(_) => Err(invalid),
    }
}

fn info(worker: &WorkerHeartbeat) -> WorkerInfo {
    WorkerInfo { worker_heartbeat: Some(worker.clone()) }
}

fn list_info(worker: &WorkerHeartbeat) -> WorkerListInfo {
    let host = worker.host_info.clone().unwrap_or_default();
    WorkerListInfo {
        worker_instance_key: worker.worker_instance_key.clone(),
        worker_identity: worker.worker_identity.clone(),
        task_queue: worker.task_queue.clone(),
        deployment_version: worker.deployment_version.clone(),
        sdk_name: worker.sdk_name.clone(),
        sdk_version: worker.sdk_version.clone(),
        status: worker.status,
        start_time: worker.start_time,
        host_name: host.host_name,
        worker_grouping_key: host.worker_grouping_key,
        process_id: host.process_id,
        plugins: worker.plugins.clone(),
        drivers: worker.drivers.clone(),
    }
}
