//! The rows of runs beside their histories, gathered run by run. What they must be is not known here.

use std::collections::HashMap;

use abide_api::temporal::api::common::v1::SearchAttributes;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_engine::run::Outbound;
use abide_model::{Partition, RunId, RunKey};
use abide_store::check::{AtRest, Report};
use abide_store::key::{
    CurrentKey, DispatchKey, Key, OutboundKey, RetentionKey, SnapshotKey, TimerKey, VisibilityKey, VisibilityRecord,
};
use abide_store::{Error, Record, Row};

use super::hex;
use crate::outbound;

/// The rows of one run.
#[derive(Default)]
pub(super) struct RowsOfRun {
    pub(super) timers: Vec<TimerKey>,
    pub(super) dispatch: Vec<DispatchKey>,
    pub(super) owed: Vec<Outbound>,
    pub(super) retention: Vec<RetentionKey>,
    pub(super) listed: Vec<VisibilityKey>,
    pub(super) has_snapshot: bool,
    /// Whether it is the newest one of a workflow id.
    pub(super) is_current: bool,
}

/// Those of all runs, by the run.
#[derive(Default)]
pub(super) struct RowsOfRuns(HashMap<RunId, RowsOfRun>);

impl RowsOfRuns {
    /// Reads them; what cannot be read is reported and left out.
    pub(super) fn read(store: &dyn AtRest, report: &mut Report) -> Result<Self, Error> {
        let mut all = Self::default();
        all.gather::<TimerKey>(store, report, "timer rows", |key, record, rows| {
            rows.timers.push(key);
            Home::Workflow(record.run_key(key))
        })?;
        all.gather::<DispatchKey>(store, report, "dispatch rows", |key, record, rows| {
            rows.dispatch.push(key);
            Home::Workflow(record.run_key(key))
        })?;
        all.gather::<OutboundKey>(store, report, "outbound rows", |key, record, rows| {
            rows.owed.push(outbound::subject(key.subject));
            Home::Workflow(record.run_key(key))
        })?;
        all.gather::<RetentionKey>(store, report, "retention rows", |key, _, rows| {
            rows.retention.push(key);
            Home::Shared
        })?;
        all.gather::<SnapshotKey>(store, report, "snapshots", |key, record, rows| {
            rows.has_snapshot = true;
            Home::Workflow(record.run_key(key))
        })?;
        all.gather::<VisibilityKey>(store, report, "rows of lists", |key, _, rows| {
            rows.listed.push(key);
            Home::Shared
        })?;
        all.read_pointers(store, report)?;
        Ok(all)
    }

    fn gather<K: Key + OfRun>(
        &mut self,
        store: &dyn AtRest,
        report: &mut Report,
        name: &'static str,
        mut take: impl FnMut(K, K::Record, &mut RowsOfRun) -> Home,
    ) -> Result<(), Error> {
        store.each(K::SPACE, &mut |row: Row| {
            report.count(name, 1);
            let (partition, place) = (row.partition, format!("{} row {}", K::Record::NAME, hex(&row.key)));
            match K::decode_row(row) {
                Ok((key, record)) => {
                    let home = take(key, record, self.0.entry(key.run_id()).or_default()).partition();
                    if home != partition {
                        let (home, partition) = (home.0, partition.0);
                        report.wrong(place, format!("it is in partition {partition}, and should be in {home}"));
                    }
                }
                Err(error) => report.wrong(place, error.to_string()),
            }
        })
    }

    fn read_pointers(&mut self, store: &dyn AtRest, report: &mut Report) -> Result<(), Error> {
        store.each(CurrentKey::SPACE, &mut |row: Row| {
            report.count("workflow ids", 1);
            let (partition, place) = (row.partition, format!("current run row {}", hex(&row.key)));
            match CurrentKey::decode_row(row) {
                Ok((key, _)) if key.partition() != partition => {
                    let home = key.partition().0;
                    report.wrong(place, format!("it is in partition {}, and should be in {home}", partition.0));
                }
                Ok((_, record)) => self.0.entry(record.run_id()).or_default().is_current = true,
                Err(error) => report.wrong(place, error.to_string()),
            }
        })
    }

    /// Takes out the rows of a run.
    pub(super) fn take(&mut self, run_id: RunId) -> RowsOfRun {
        self.0.remove(&run_id).unwrap_or_default()
    }

    /// What is left is of no run.
    pub(super) fn report_orphans(self, report: &mut Report) {
        for (run_id, rows) in self.0 {
            let place = format!("run {run_id}");
            let mut wrong = |is_there: bool, what: &str| {
                if is_there {
                    report.wrong(place.clone(), format!("there is no such run, and {what}"));
                }
            };
            wrong(rows.is_current, "a workflow id points at it");
            wrong(rows.has_snapshot, "there is a snapshot of it");
            wrong(!rows.listed.is_empty(), "lists show it");
            wrong(!rows.dispatch.is_empty(), "a task of it is offered");
            wrong(!rows.owed.is_empty(), "it owes something");
            if !rows.timers.is_empty() || !rows.retention.is_empty() {
                report.leftover(
                    place,
                    "there is no such run any more, and a timer or retention row of it, which goes when it is due",
                );
            }
        }
    }
}

/// Where a row has to be.
enum Home {
    Workflow(RunKey),
    Shared,
}

impl Home {
    fn partition(&self) -> Partition {
        match self {
            Home::Workflow(run) => Partition::of(&run.workflow),
            Home::Shared => Partition::SHARED,
        }
    }
}

/// A key that names a run.
trait OfRun: Copy {
    fn run_id(&self) -> RunId;
}

impl OfRun for TimerKey {
    fn run_id(&self) -> RunId {
        self.run_id
    }
}

impl OfRun for DispatchKey {
    fn run_id(&self) -> RunId {
        self.run_id
    }
}

impl OfRun for OutboundKey {
    fn run_id(&self) -> RunId {
        self.run_id
    }
}

impl OfRun for RetentionKey {
    fn run_id(&self) -> RunId {
        self.run_id
    }
}

impl OfRun for SnapshotKey {
    fn run_id(&self) -> RunId {
        self.0
    }
}

impl OfRun for VisibilityKey {
    fn run_id(&self) -> RunId {
        self.run_id
    }
}

/// What a row of a list shows of a run.
pub(super) struct Shown {
    /// What the run is.
    pub(super) run: WorkflowExecutionInfo,
    /// What the server says of how it was worked on.
    pub(super) work: WorkflowExecutionInfo,
}

/// What a row of a list shows, without what depends on how often the run was changed.
#[expect(deprecated, reason = "lists show the stamp of a worker without a deployment")]
pub(super) fn shown(key: &VisibilityKey, record: VisibilityRecord) -> Result<Shown, Error> {
    let row = Row { partition: Partition::SHARED, key: key.encode(), value: record.to_value() };
    let mut run = abide_visibility::info(&row)?;
    run.state_transition_count = 0;
    let builds = run.search_attributes.as_mut().and_then(|set| set.indexed_fields.remove_entry("BuildIds"));
    let work = WorkflowExecutionInfo {
        most_recent_worker_version_stamp: run.most_recent_worker_version_stamp.take(),
        auto_reset_points: run.auto_reset_points.take(),
        search_attributes: Some(SearchAttributes { indexed_fields: builds.into_iter().collect() }),
        ..WorkflowExecutionInfo::default()
    };
    Ok(Shown { run, work })
}
