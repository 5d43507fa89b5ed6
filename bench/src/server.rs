//! A server of its own for a measurement: started on a fresh file and any free port, ended by its process id. The
//! commands are those that the reference server's command line has as well.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use abide_api::temporal::api::workflowservice::v1::{
    DescribeNamespaceRequest, workflow_service_client::WorkflowServiceClient,
};

use crate::{Binary, Error};

/// How long a server may take until it answers.
const START_MAX: Duration = Duration::from_secs(60);

/// A server that runs until this is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
    /// From the start of the process to the first answer.
    pub(crate) answered: Duration,
}

impl Server {
    /// Starts it on this file.
    pub(crate) async fn start(binary: &Binary, file: &Path) -> Result<Self, Error> {
        let port = free_port()?;
        let begun = Instant::now();
        let process = Command::new(&binary.path)
            .args(["server", "start-dev", "--headless", "--ip", "127.0.0.1", "--log-level", "error"])
            .args(["--port", &port.to_string(), "--db-filename"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let mut server = Self { process, address: format!("http://127.0.0.1:{port}"), answered: Duration::ZERO };
        while !server.answers().await {
            if let Some(status) = server.process.try_wait()? {
                return Err(format!("{} ended with {status}", binary.name).into());
            }
            if begun.elapsed() > START_MAX {
                return Err(format!("{} did not answer within {START_MAX:?}", binary.name).into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        server.answered = begun.elapsed();
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    async fn answers(&self) -> bool {
        let Ok(mut client) = WorkflowServiceClient::connect(self.address.clone()).await else { return false };
        let request = DescribeNamespaceRequest { namespace: "default".into(), ..DescribeNamespaceRequest::default() };
        client.describe_namespace(request).await.is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

// Another process may take it in between; then the server says so and nothing is measured.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
