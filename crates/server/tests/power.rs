//! A whole server on a disk that lies: the power goes at any moment, or writing fails. What was acknowledged is in the
//! histories afterwards, once, and every run goes on to its end; a server whose disk has failed refuses work with a
//! clear error, says so in its health, and loses nothing.

mod common;

use std::path::Path;
use std::sync::{Arc, Mutex};

use abide_lying_disk::{Fault, Loss, LyingFiles, install};
use abide_server::config::{Config, Data};
use common::*;
use tokio::sync::{Mutex as Turn, mpsc};
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// The disk of the process serves one test at a time.
static DISK: Turn<()> = Turn::const_new(());

fn on(folder: &Path, log_bytes: usize) -> Config {
    let mut config = config(Data::File(folder.join("abide.db")));
    config.sqlite.log_bytes = log_bytes;
    config.sqlite.log_files = Arc::new(LyingFiles);
    config
}

/// What was acknowledged: runs, and how many of their signals.
type Acknowledged = Arc<Mutex<Vec<(String, usize)>>>;

/// Starts workflows and signals each twice, until it is told off.
async fn load(mut client: Client, prefix: String, acknowledged: Acknowledged, progress: mpsc::UnboundedSender<()>) {
    for number in 0.. {
        let workflow_id = format!("{prefix}-{number}");
        if client.start_workflow_execution(start_request(&workflow_id)).await.is_err() {
            return;
        }
        acknowledged.lock().expect("no holder panics").push((workflow_id.clone(), 0));
        for count in 1..=2 {
            if signal(&mut client, &workflow_id, &format!("signal {count}")).await.is_err() {
                return;
            }
            let mut all = acknowledged.lock().expect("no holder panics");
            all.iter_mut().rev().find(|(id, _)| *id == workflow_id).expect("it was started").1 = count;
        }
        if progress.send(()).is_err() {
            return;
        }
    }
}

/// Everything that was acknowledged is there.
async fn check(client: &mut Client, acknowledged: &[(String, usize)]) {
    for (workflow_id, signals) in acknowledged {
        let events = history(client, workflow_id).await;
        assert_gapless(&events);
        let found = types(&events).iter().filter(|name| *name == "WORKFLOW_EXECUTION_SIGNALED").count();
        assert!(found >= *signals && found <= 2, "{workflow_id}: {found} of {signals} acknowledged signals");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_has_acknowledged_survives_a_power_cut() {
    let disk = install();
    let _alone = DISK.lock().await;
    for seed in 0..6 {
        println!("seed {seed}");
        let loss = [Loss::All, Loss::Tail, Loss::Any][seed % 3];
        let log_bytes = [30_000, 10_000_000][seed % 2];
        let mut folder = tempfile::tempdir().expect("a temporary folder");
        let acknowledged = Acknowledged::default();
        for life in 0..2 {
            let server = Server::start(on(folder.path(), log_bytes)).await;
            let (progress, mut progressed) = mpsc::unbounded_channel();
            let loads = (0..4).map(|caller| {
                let prefix = format!("run-{life}-{caller}");
                tokio::spawn(load(server.client.clone(), prefix, acknowledged.clone(), progress.clone()))
            });
            let loads: Vec<_> = loads.collect();
            for _ in 0..20 + 7 * seed {
                progressed.recv().await.expect("the load goes on");
            }
            let told = acknowledged.lock().expect("no holder panics").clone();
            let after = tempfile::tempdir().expect("a temporary folder");
            disk.cut(folder.path(), after.path(), loss, (10 * seed + life) as u64).expect("an image");
            loads.iter().for_each(tokio::task::JoinHandle::abort);
            drop(server);
            // What was told after the cut was told by a machine that had no power any more.
            *acknowledged.lock().expect("no holder panics") = told;
            folder = after;
        }
        let server = Server::start(on(folder.path(), log_bytes)).await;
        let mut client = server.client.clone();
        let told = acknowledged.lock().expect("no holder panics").clone();
        check(&mut client, &told).await;
        for (workflow_id, _) in &told {
            work(&mut client, workflow_id, vec![complete_workflow("1")]).await;
            let last = types(&history(&mut client, workflow_id).await).pop();
            assert_eq!(last.as_deref(), Some("WORKFLOW_EXECUTION_COMPLETED"), "{workflow_id}");
        }
        drop(client);
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_disk_has_failed_says_so_and_loses_nothing() {
    let disk = install();
    let _alone = DISK.lock().await;
    for (fault, words) in [
        (Fault::Full, "no storage space"),
        (Fault::ReadOnly, "read-only filesystem"),
        (Fault::Write, "the disk has failed"),
        (Fault::Sync, "the disk has failed"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = Server::start(on(folder.path(), 10_000_000)).await;
        let mut client = server.client.clone();
        disk.fail(folder.path(), fault, 40);
        let mut acknowledged = Vec::new();
        let refused = loop {
            let workflow_id = format!("run-{}", acknowledged.len());
            match client.start_workflow_execution(start_request(&workflow_id)).await {
                Ok(_) => acknowledged.push((workflow_id, 0)),
                Err(status) => break status,
            }
        };
        assert_eq!(refused.code(), Code::Unavailable, "{refused}");
        // Each owner of runs learns of it when it writes for the first time, and says why from then on.
        for number in 0.. {
            assert!(number < 100, "{refused}");
            let late = client.start_workflow_execution(start_request(&format!("late-{number}"))).await;
            let refused = late.expect_err("nothing is accepted");
            assert_eq!(refused.code(), Code::Unavailable, "{refused}");
            if refused.message().starts_with("the store writes nothing any more: a commit failed: ") {
                assert!(refused.message().contains(words), "{refused}");
                break;
            }
        }
        let address = format!("http://{}", server.node().addresses()[0]);
        let channel = Endpoint::from_shared(address).expect("an address").connect().await.expect("it still listens");
        let mut health = HealthClient::new(channel);
        let request = HealthCheckRequest { service: "temporal.api.workflowservice.v1.WorkflowService".into() };
        let mut watched = health.watch(request).await.expect("health is served").into_inner();
        loop {
            let status = watched.message().await.expect("a message").expect("no end").status();
            if status == ServingStatus::NotServing {
                break;
            }
        }
        disk.heal();
        drop(client);
        server.stop().await;

        let server = Server::start(on(folder.path(), 10_000_000)).await;
        check(&mut server.client.clone(), &acknowledged).await;
        server.stop().await;
    }
}
