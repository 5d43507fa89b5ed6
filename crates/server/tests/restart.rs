//! One data file, several servers one after the other: what was open goes on, and what must not be opened is not.

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use abide_api::temporal::api::workflowservice::v1::*;
use abide_server::Node;
use abide_server::config::Data;
use common::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("abide.db");

    let server = Server::on(&file).await;
    let mut client = server.client.clone();
    // One run waits for its first workflow task, one for a worker that has it, one for an activity that nobody has
    // taken, one for one that a worker works on, one for a timer.
    start(&mut client, "fresh").await;
    start(&mut client, "decided").await;
    let decided = poll(&mut client, "decided").await;
    start(&mut client, "offered").await;
    work(&mut client, "offered", vec![schedule_activity("offered", "offered")]).await;
    start(&mut client, "started").await;
    work(&mut client, "started", vec![schedule_activity("started", "started")]).await;
    let held = poll_activity(&mut client, "started").await;
    start(&mut client, "timer").await;
    work(&mut client, "timer", vec![start_timer("soon", Duration::from_millis(50))]).await;
    let before = history(&mut client, "started").await;
    drop(client);
    server.stop().await;

    let server = Server::on(&file).await;
    let mut client = server.client.clone();
    assert_eq!(history(&mut client, "started").await, before, "what was told is still true");
    work(&mut client, "fresh", vec![complete_workflow("1")]).await;
    complete(&mut client, &decided.task_token, vec![complete_workflow("0")]).await.expect("a started workflow task");
    let offered = poll_activity(&mut client, "offered").await;
    complete_activity(&mut client, &offered.task_token, "2").await.expect("a started activity");
    work(&mut client, "offered", vec![complete_workflow("2")]).await;
    complete_activity(&mut client, &held.task_token, "3").await.expect("a token outlives the server that gave it");
    work(&mut client, "started", vec![complete_workflow("3")]).await;
    work(&mut client, "timer", vec![complete_workflow("4")]).await;
    for id in ["fresh", "decided", "offered", "started", "timer"] {
        let events = history(&mut client, id).await;
        assert_gapless(&events);
        let seen = types(&events);
        assert_eq!(seen.last().map(String::as_str), Some("WORKFLOW_EXECUTION_COMPLETED"), "{id}: {seen:?}");
    }
    drop(client);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_and_its_attributes_outlive_the_server() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("abide.db");
    let server = Server::on(&file).await;
    let register = RegisterNamespaceRequest {
        namespace: "orders".into(),
        workflow_execution_retention_period: seconds(7200),
        ..RegisterNamespaceRequest::default()
    };
    server.client.clone().register_namespace(register).await.expect("a new name");
    server.stop().await;

    let server = Server::on(&file).await;
    let describe = DescribeNamespaceRequest { namespace: "orders".into(), ..DescribeNamespaceRequest::default() };
    let answer = server.client.clone().describe_namespace(describe).await.expect("a known name").into_inner();
    let retention = answer.config.expect("a configuration").workflow_execution_retention_ttl;
    assert_eq!(retention.expect("a retention").seconds, 7200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_file_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("abide.db");
    let server = Server::on(&file).await;
    let refused = refused(&file).await;
    assert_eq!(refused, format!("{} is in use by another server", file.display()));
    // The first one is none the worse for it.
    start(&mut server.client.clone(), "still-here").await;
    server.stop().await;
    Server::on(&file).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("abide.db");
    Server::on(&file).await.stop().await;
    let mut bytes = std::fs::read(&file).expect("the file is there");
    // SQLite keeps `user_version` at byte 60 of the file.
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&file, &bytes).expect("the file can be written");

    let refused = refused(&file).await;
    assert!(refused.starts_with("written by a newer version: ") && refused.contains("99"), "{refused}");
    assert!(std::fs::read(&file).expect("the file is there") == bytes, "the file is as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("letter.txt");
    let content = "dear reader, ".repeat(100);
    std::fs::write(&file, &content).expect("the file can be written");
    let refused = refused(&file).await;
    assert!(refused.contains("letter.txt"), "{refused}");
    assert_eq!(std::fs::read_to_string(&file).expect("the file is there"), content);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_polls_end_promptly_when_the_server_stops() {
    let server = Server::in_memory().await;
    let polls = (0..4).map(|number| {
        let mut client = server.client.clone();
        tokio::spawn(async move { poll(&mut client, &format!("quiet-{number}")).await })
    });
    let polls: Vec<_> = polls.collect();
    // A described queue shows its poller as soon as it waits.
    for number in 0..4 {
        until_polled(&mut server.client.clone(), &format!("quiet-{number}")).await;
    }
    let began = Instant::now();
    server.stop().await;
    for poll in polls {
        let task = poll.await.expect("the poll ends without a failure");
        assert!(task.task_token.is_empty());
    }
    assert!(began.elapsed() < POLL / 2, "took {:?}", began.elapsed());
}

async fn refused(file: &Path) -> String {
    match Node::start(config(Data::File(file.to_owned()))).await {
        Ok(_) => panic!("the node must not start"),
        Err(error) => error.to_string(),
    }
}

async fn until_polled(client: &mut Client, name: &str) {
    loop {
        let request = DescribeTaskQueueRequest {
            namespace: NAMESPACE.into(),
            task_queue: queue(name),
            task_queue_type: 1,
            ..DescribeTaskQueueRequest::default()
        };
        let answer = client.describe_task_queue(request).await.expect("a valid request").into_inner();
        if !answer.pollers.is_empty() {
            return;
        }
        tokio::task::yield_now().await;
    }
}
