//! Whether what is stored fits together: every record can be read, every run's history folds, and its other rows are
//! those that the run as it is now would have. Reads, and changes nothing. In memory is a little of every run at a time.

mod rows;
mod run;

use abide_engine::namespace::Namespace;
use abide_engine::queue_config::QueueConfig;
use abide_model::Partition;
use abide_store::check::{AtRest, Report};
use abide_store::key::{BatchKey, FenceKey, Key, NamespaceKey, QueueConfigKey};
use abide_store::{Error, Row, Space};
use prost::Message;

use rows::RowsOfRuns;
use run::Folding;

/// Looks at every row. `progress` is told from time to time how many runs were looked at.
pub fn check(store: &dyn AtRest, report: &mut Report, progress: &mut dyn FnMut(u64)) -> Result<(), Error> {
    store.each(Space::Meta, &mut |row| meta(row, report))?;
    let mut rows = RowsOfRuns::read(store, report)?;
    let mut folding = Folding::new(store, report, progress);
    store.each(Space::Node, &mut |row| folding.node(row, &mut rows))?;
    folding.end(&mut rows)?;
    rows.report_orphans(report);
    Ok(())
}

/// A row that is of no run.
fn meta(row: Row, report: &mut Report) {
    report.count("other rows", 1);
    let place = format!("meta row {}", hex(&row.key));
    if row.partition != Partition::SHARED {
        return report.wrong(place, format!("it is in partition {}", row.partition.0));
    }
    let read = match row.key.first() {
        Some(b'f') => FenceKey::decode_row(row).map(drop),
        Some(b'n') => NamespaceKey::decode_row(row).and_then(|(key, record)| {
            let namespace = Namespace::decode(record.state).map_err(corrupt)?;
            if namespace.id() == key.0 { Ok(()) } else { Err(Error::Corrupt("it is another namespace's".into())) }
        }),
        Some(b'q') => QueueConfigKey::decode_row(row)
            .and_then(|(_, record)| QueueConfig::decode(record.state).map(drop).map_err(corrupt)),
        Some(b'b') => BatchKey::decode_row(row)
            .and_then(|(_, record)| abide_engine::batch::Batch::decode(record.state).map(drop).map_err(corrupt)),
        Some(_) | None => Err(Error::Corrupt("it is of an unknown kind".into())),
    };
    if let Err(error) = read {
        report.wrong(place, error.to_string());
    }
}

fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(error.to_string())
}

/// Bytes as people can read them.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
