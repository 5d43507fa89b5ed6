//! Servers side by side: in every round each profile runs on each server in turn, on a fresh file, so that what the machine does
//! besides falls on all of them.

use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::driver::{self, Target};
use crate::figures::Figures;
use crate::profile::Profile;
use crate::server::Server;
use crate::{Binary, Error, baseline};

/// What is compared.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A server: its binary, or NAME=BINARY. The first is what the others are compared with.
    #[arg(long = "server", required = true)]
    servers: Vec<Binary>,
    /// The server that was built from the stored baseline's commit: says which profiles of the first server are much slower.
    #[arg(long)]
    baseline: Option<Binary>,
    /// All by default.
    #[arg(long = "profile", value_enum)]
    profiles: Vec<Profile>,
    /// How often; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each load is measured, behind two seconds of warm-up.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let profiles = if arguments.profiles.is_empty() { &Profile::ALL[..] } else { &arguments.profiles };
    let servers: Vec<&Binary> = arguments.servers.iter().chain(&arguments.baseline).collect();
    let mut complaints = Vec::new();
    for profile in profiles {
        let mut all: Vec<Vec<Figures>> = vec![Vec::new(); servers.len()];
        for _ in 0..arguments.rounds {
            for (binary, figures) in servers.iter().zip(&mut all) {
                figures.push(measure(binary, *profile, Duration::from_secs(arguments.seconds))?);
            }
        }
        let medians: Vec<Figures> = all.into_iter().map(median).collect();
        println!("{}", line(*profile, &servers, &medians));
        if arguments.baseline.is_some() {
            let (here, then) = (&medians[0], &medians[medians.len() - 1]);
            complaints.extend(baseline::verdict(*profile, here.per_second, then.per_second).err());
        }
    }
    for complaint in &complaints {
        println!("SLOWER: {complaint}");
    }
    Ok(())
}

/// One load on one fresh server. The driver has a runtime of its own, whose end is the end of all its tasks.
fn measure(binary: &Binary, profile: Profile, time: Duration) -> Result<Figures, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let server = runtime.block_on(Server::start(binary, &folder.path().join("data.db")))?;
    let target = Target { address: server.address.clone(), pid: Some(server.pid()), pollers: driver::POLLERS };
    let figures = runtime.block_on(driver::drive(target, profile.sizes(), time))?;
    runtime.shutdown_background();
    Ok(figures)
}

/// The round whose throughput is in the middle.
fn median(mut rounds: Vec<Figures>) -> Figures {
    rounds.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    rounds.swap_remove(rounds.len() / 2)
}

fn line(profile: Profile, servers: &[&Binary], figures: &[Figures]) -> Value {
    let mut object = Map::new();
    object.insert("profile".into(), json!(profile.name()));
    for (binary, figures) in servers.iter().zip(figures) {
        object.insert(binary.name.clone(), figures.json());
    }
    let first = &figures[0];
    for (binary, other) in servers.iter().zip(figures).skip(1) {
        let ratio = |value: f64| json!((value * 100.0).round() / 100.0);
        let cpu = first.cpu_ms.zip(other.cpu_ms).map(|(here, there)| ratio(there / here));
        let name = format!("{} to {}", servers[0].name, binary.name);
        object.insert(
            name,
            json!({
                "per_second": ratio(first.per_second / other.per_second),
                "p50": ratio(other.p50_ms / first.p50_ms),
                "cpu": cpu,
            }),
        );
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_round_in_the_middle_counts() {
        let rounds = [3.0, 1.0, 2.0].map(|per_second| Figures { per_second, ..Figures::default() });
        assert_eq!(median(rounds.to_vec()).per_second, 2.0);
    }
}
