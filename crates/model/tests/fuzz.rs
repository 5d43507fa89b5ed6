//! What is typed by people and sent by programs, nearly right: read or refused, without a panic and without an end of
//! patience.
#![allow(missing_docs, reason = "tests")]

use abide_model::cron::Cron;
use abide_model::{RunId, Timestamp, Url};
use abide_mutation::{Random, cases, mutated_text, odd_text};
use proptest::prelude::*;

const SCHEDULES: [&str; 9] = [
    "*/15 8-18 * * MON-FRI",
    "0 0 29 feb *",
    "5,35 0 1-7/2 jan,jul ?",
    "CRON_TZ=America/New_York 30 2 * * *",
    "TZ=Asia/Kathmandu @daily",
    "@every 1h30m10.5s",
    "@every -5m",
    "59 23 31 12 6",
    "@hourly",
];
const WORDS: [&str; 14] =
    ["*", "?", "/", "0", "99", "4294967296", "@every ", "CRON_TZ=", "TZ=", "Europe/Berlin", "31", "feb", "ns", "h"];
const ADDRESSES: [&str; 5] =
    ["https://me:secret@example.com:8443/a b/c?d=e#f", "http://[::1]:80", "temporal://system/x", "//host/%41", "x:"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(3000)))]

    #[test]
    fn any_schedule_is_read_or_refused_and_goes_on_in_time(seed: u64) {
        let random = &mut Random::of(seed);
        let sample = *random.one_of(&SCHEDULES);
        let schedule = mutated_text(sample, &WORDS, random);
        let Ok(cron) = Cron::parse(&schedule) else { return Ok(()) };
        let any = Timestamp { nanos: random.number() as i64 };
        let times = [Timestamp::EPOCH, any, Timestamp { nanos: i64::MIN }, Timestamp { nanos: i64::MAX }];
        for time in times {
            if let Some(next) = cron.next_after(time) {
                prop_assert!(next > time, "{:?}: {:?} follows {:?}", schedule, next, time);
            }
            for scheduled in times {
                let _ = cron.backoff(scheduled, time);
            }
        }
    }

    #[test]
    fn any_address_is_read_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        let sample = *random.one_of(&ADDRESSES);
        let address = mutated_text(sample, &["%", "%zz", ":", "//", "[", "@", "#"], random);
        if let Ok(url) = Url::parse(&address) {
            let _ = url.to_string();
        }
    }

    #[test]
    fn any_run_id_is_read_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        let _ = RunId::parse(&odd_text(random));
        let _ = RunId::parse(&mutated_text("0193d6e2-0d1b-7c3e-9b1a-4d1c5a0e7f11", &["-", "{", "urn:uuid:"], random));
    }
}
