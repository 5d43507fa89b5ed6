//! What was measured of one load on one server, and what Linux knows of a process.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// What was measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    /// Workflows, or signals, a second.
    pub(crate) per_second: f64,
    /// Milliseconds from the start of a workflow to its end, or of a signal.
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Milliseconds of the server's processor time for each.
    pub(crate) cpu_ms: Option<f64>,
    /// The server's memory at the end.
    pub(crate) resident_mib: Option<f64>,
    /// Calls that failed.
    pub(crate) errors: u64,
    /// What only some loads have.
    pub(crate) more: Vec<(&'static str, f64)>,
}

impl Figures {
    /// From how long each took.
    pub(crate) fn of(mut took: Vec<Duration>, elapsed: Duration) -> Self {
        took.sort_unstable();
        let quantile = |part: f64| {
            let index = ((took.len() as f64 - 1.0) * part).max(0.0) as usize;
            took.get(index).map_or(0.0, |took| took.as_secs_f64() * 1000.0)
        };
        let per_second = took.len() as f64 / elapsed.as_secs_f64();
        Self { per_second, p50_ms: quantile(0.5), p99_ms: quantile(0.99), ..Self::default() }
    }

    pub(crate) fn json(&self) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: f64| {
            // Three digits behind the point are more than is known.
            object.insert(name.to_owned(), json!((value * 1000.0).round() / 1000.0));
        };
        put("per_second", self.per_second);
        put("p50_ms", self.p50_ms);
        put("p99_ms", self.p99_ms);
        for (name, value) in [("cpu_ms", self.cpu_ms), ("resident_mib", self.resident_mib)] {
            if let Some(value) = value {
                put(name, value);
            }
        }
        for (name, value) in &self.more {
            put(name, *value);
        }
        object.insert("errors".to_owned(), json!(self.errors));
        Value::Object(object)
    }
}

/// User and system time of a process. Linux counts it in hundredths of a second.
pub(crate) fn processor_time(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// Resident memory of a process.
pub(crate) fn resident_mib(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_what_was_taken() {
        let took = (1..=100).rev().map(Duration::from_millis).collect();
        let figures = Figures::of(took, Duration::from_secs(2));
        assert_eq!((figures.per_second, figures.p50_ms, figures.p99_ms), (50.0, 50.0, 99.0));
        assert_eq!(Figures::of(Vec::new(), Duration::from_secs(1)).p99_ms, 0.0);
    }

    #[test]
    fn linux_knows_this_process() {
        let own = std::process::id();
        assert!(processor_time(own).is_some());
        assert!(resident_mib(own).is_some_and(|mib| mib > 1.0));
    }
}
