//! Generates messages, clients and server traits from the descriptor set that `temporalio-protos` hands over.
//! No `.proto` file is read and no `protoc` is needed.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

/// Packages that a server needs; the set also carries those of the SDK's core and of a hosted service.
const SERVED: [&str; 4] = ["google.", "nexusannotations.", "temporal.api.", "grpc.gateway."];
const HOSTED: &str = "temporal.api.cloud.";

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
    tonic_prost_build::configure()
        .build_server(true)
        .build_client(true)
        .bytes(".")
        .btree_map(".")
        .generate_default_stubs(true)
        .include_file("api.rs")
        .compile_fds(set)?;
    Ok(())
}
