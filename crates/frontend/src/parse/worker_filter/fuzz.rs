//! Queries that are nearly right are read or refused, and what was read can be asked of any worker.

use abide_mutation::{Random, cases, mutated_text};
use proptest::prelude::*;

use super::*;

const QUERIES: [&str; 6] = [
    "WorkerIdentity='me@host' AND HostName = \"host\"",
    "(TaskQueue = 'other' OR TaskQueue = 'orders') AND BuildId = '7'",
    "SdkName NOT STARTS_WITH 'temporal-' OR SdkVersion IS NOT NULL",
    "StartTime NOT BETWEEN '2026-01-01T00:00:00Z' AND '2026-01-02T00:00:00Z'",
    "NOT (lower(TaskQueue) = 'it''s' AND `status` != 5)",
    "WorkerStatus = 'ShuttingDown' AND StartTime >= '2026-01-02T03:04:04.5Z'",
];
const WORDS: [&str; 14] =
    [" AND ", " OR ", "NOT ", "(", ")", "'", "`", " IS NULL", " BETWEEN ", "=", "<>", "StartTime", "1e9", "-"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(3000)))]

    #[test]
    fn any_query_is_read_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        let sample = *random.one_of(&QUERIES);
        let query = mutated_text(sample, &WORDS, random);
        if let Ok(filter) = WorkerFilter::parse(&query) {
            let _ = filter.passes(&WorkerHeartbeat::default());
        }
    }
}
