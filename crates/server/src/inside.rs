//! What a node says of itself to whoever looks at its system page. Reads what is there: counters, sizes of files, what was set.
//! Waits for nothing but the disk.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use abide_cluster::Namespaces;
use abide_history::HistoryService;
use abide_matching::TaskQueues;
use abide_model::{Timestamp, limits};
use abide_store::Store;
use abide_web::{Fact, Section};

use crate::config::Data;
use crate::dynamic::Known;

/// What the embedded store has beside its file.
const FILES: [&str; 6] = ["", "-wal", "-log0", "-log1", "-log2", "-log3"];

/// See the file's first lines.
pub(crate) struct Inside {
    pub(crate) started_at: Timestamp,
    pub(crate) data: Data,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) history: Arc<HistoryService>,
    pub(crate) matching: Arc<TaskQueues>,
    pub(crate) namespaces: Arc<dyn Namespaces>,
    pub(crate) cache_bytes: usize,
    pub(crate) settings: Known,
}

impl Inside {
    /// Everything, under its headings.
    pub(crate) fn sections(&self) -> Vec<Section> {
        vec![self.process(), self.stored(), self.in_memory(), self.queues(), self.settings()]
    }

    fn process(&self) -> Section {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        let mut facts = vec![
            ("Up for", Fact::Since(self.started_at)),
            ("Health", self.health()),
            ("Process", Fact::Count(std::process::id().into())),
            ("Processors", Fact::Count(cores)),
        ];
        facts.extend(resident_bytes().map(|bytes| ("Memory", Fact::Bytes(bytes))));
        Section::new("Process", facts)
    }

    fn health(&self) -> Fact {
        match pin!(self.store.failed()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(why) => Fact::Trouble(format!("the store has failed, nothing is accepted any more: {why}")),
            Poll::Pending => Fact::Text("serving".into()),
        }
    }

    fn stored(&self) -> Section {
        let mut facts = match &self.data {
            Data::Memory => vec![("Kind", Fact::Text("in memory: gone when the server ends".into()))],
            Data::File(path) => file_facts(path),
        };
        let waiting = (self.store.waiting_bytes() as u64, limits::COMMIT_BYTES_WAITING_MAX as u64);
        facts.push(("Waiting for the disk", Fact::Filled { used: waiting.0, limit: waiting.1 }));
        Section::new("Storage", facts)
    }

    fn in_memory(&self) -> Section {
        let loaded = self.history.loaded();
        let facts = [
            ("Workflow executions in memory", Fact::Count(loaded.runs)),
            ("Their cache", Fact::Filled { used: loaded.bytes, limit: self.cache_bytes as u64 }),
            ("Namespaces", Fact::Count(self.namespaces.list().len() as u64)),
        ];
        Section::new("Workflow executions", facts)
    }

    fn queues(&self) -> Section {
        let totals = self.matching.totals();
        let facts = [
            ("Queues in memory", Fact::Count(totals.queues)),
            ("Tasks waiting", Fact::Count(totals.tasks)),
            ("Pollers waiting", Fact::Count(totals.pollers)),
            ("Workers known", Fact::Count(totals.workers)),
        ];
        Section::new("Task queues", facts)
    }

    fn settings(&self) -> Section {
        let facts = self.settings.all().into_iter().map(|(key, text)| (key, Fact::Text(text))).collect();
        Section { heading: "Changed settings".into(), facts }
    }
}

fn file_facts(path: &Path) -> Vec<(&'static str, Fact)> {
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let size = |end: &str| std::fs::metadata(beside(end)).map(|file| file.len()).ok();
    let sizes = FILES.map(|end| size(end).unwrap_or_default());
    let [database, sqlite_log, commit_log @ ..] = sizes;
    vec![
        ("Kind", Fact::Text("one SQLite file with a commit log".into())),
        ("File", Fact::Text(path.display().to_string())),
        ("Database", Fact::Bytes(database)),
        ("Its write-ahead log", Fact::Bytes(sqlite_log)),
        ("Commit log", Fact::Bytes(commit_log.iter().sum())),
    ]
}

/// What the process has in memory, where the system says so.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_file_and_of_what_lies_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.db");
        for (end, bytes) in [("", 5), ("-log0", 2), ("-log3", 3)] {
            std::fs::write(folder.path().join(format!("data.db{end}")), vec![0; bytes]).expect("a file");
        }
        let facts = file_facts(&path);
        let size = |name: &str| facts.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact.clone());
        assert_eq!(size("Database"), Some(Fact::Bytes(5)));
        assert_eq!(size("Its write-ahead log"), Some(Fact::Bytes(0)));
        assert_eq!(size("Commit log"), Some(Fact::Bytes(5)));
    }
}
