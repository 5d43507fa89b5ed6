//! Settings that are nearly right are honoured or ignored.

use abide_mutation::{Random, cases, mutated_text};
use proptest::prelude::*;

use super::*;

const SETTINGS: [(&str, &str); 8] = [
    ("limit.blobSize.error", "10240"),
    ("limit.maxIDLength", "255"),
    ("frontend.WorkflowPauseEnabled", "true"),
    ("callback.allowedAddresses", r#"[{"Pattern":"127.0.0.1:*","AllowInsecure":true}]"#),
    ("history.workflowIdReuseMinimalInterval", "\"1s\""),
    ("limit.historyCount.error", "51200"),
    ("matching.numTaskqueueReadPartitions", "[{\"value\": 1, \"constraints\": {}}]"),
    ("worker.buildIdScavengerEnabled", "false"),
];

const FILE: &str = "\
limit.blobSize.error:
  - value: 100
  - value: 200
    constraints: {namespace: guests}
matching.longPollExpirationInterval:
  - value: 30s
    constraints: {taskQueueName: slow}
callback.allowedAddresses:
  - value: [{Pattern: '*', AllowInsecure: true}]
";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(1000)))]

    #[test]
    fn any_setting_is_honoured_or_ignored(seed: u64) {
        let random = &mut Random::of(seed);
        let (key, _) = *random.one_of(&SETTINGS);
        let (_, value) = *random.one_of(&SETTINGS);
        let key = if random.percent(70) { key.to_owned() } else { mutated_text(key, &[".", "limit"], random) };
        let value = mutated_text(value, &["-1", "1e400", "null", "[", "{", "\"", "0.5", "99999999999999999999"], random);
        let sources = Sources { flags: BTreeMap::from([(key, value)]), ..Sources::default() };
        let _ = sources.read().expect("there is no file").everywhere();
    }

    #[test]
    fn any_file_of_settings_is_read_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        let text = mutated_text(FILE, &["- ", ": ", "&a ", "*a", "{", "[", "|", "!!", "\t", "1e400", "null"], random);
        if let Ok(rules) = rules_of(&text) {
            let _ = resolved(&rules);
        }
    }
}
