//! Generates messages, clients and server traits from the descriptor set that `temporalio-protos` hands over.
//! No `.proto` file is read and no `protoc` is needed.

use std::{env, error::Error, fs, io::Write, path::PathBuf};

use prost::Message;

/// Packages that a server needs; the set also carries those of the SDK's core and of a hosted service.
const SERVED: [&str; 4] = ["google.", "nexusannotations.", "temporal.api.", "grpc.gateway."];
const HOSTED: &str = "temporal.api.cloud.";

/// Events whose attributes are so large that every event would be: an enum is as large as its largest variant, and events
/// are moved about.
const LARGE_EVENTS: [&str; 5] = [
    "workflow_execution_started_event_attributes",
    "workflow_execution_continued_as_new_event_attributes",
    "workflow_task_failed_event_attributes",
    "start_child_workflow_execution_initiated_event_attributes",
    "child_workflow_execution_failed_event_attributes",
];
const EVENT_ATTRIBUTES: &str = ".temporal.api.history.v1.HistoryEvent.attributes";

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::var("DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH")?;
    println!("cargo::rerun-if-changed={path}");
    let bytes = fs::read(&path)?;
    let mut set = prost_types::FileDescriptorSet::decode(bytes.as_slice())?;
    set.file.retain(|file| {
        !file.package().starts_with(HOSTED) && SERVED.iter().any(|package| file.package().starts_with(package))
    });
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), set.encode_to_vec())?;
    let builder = tonic_prost_build::configure();
    let builder =
        LARGE_EVENTS.iter().fold(builder, |builder, name| builder.boxed(format!("{EVENT_ATTRIBUTES}.{name}")));
    builder
        .build_server(true)
        .build_client(true)
        .bytes(".")
        .btree_map(".")
        .generate_default_stubs(true)
        .extern_path(".temporal.api.history.v1.History", "crate::history::History")
        .include_file("api.rs")
        .compile_fds(set)?;
    // Under the name that it would have been generated under.
    let mut package = fs::OpenOptions::new().append(true).open(out.join("temporal.api.history.v1.rs"))?;
    writeln!(package, "pub use crate::history::History;")?;
    Ok(())
}
