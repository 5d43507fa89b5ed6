//! Where settings come from: flags, and a file that is read again when it changes. Makes of both what is set everywhere and
//! what is set in single namespaces. As in the reference, case does not matter, and a value that cannot be leaves what was
//! set before it; the log says so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use abide_model::settings::Waits;
use abide_model::{LiveSettings, Settings};
use serde_json::Value;
use tracing::{debug, error, info, warn};

use crate::setting::{self, find};

/// How often a file is looked at.
const FILE_INTERVAL: Duration = Duration::from_secs(5);
/// The one setting that can differ between task queues.
const POLL_WAIT: &str = "matching.longPollExpirationInterval";

/// Where settings come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// Given by flags: JSON by key.
    pub(crate) flags: BTreeMap<String, String>,
    /// The file, if there is one.
    pub(crate) file: Option<PathBuf>,
    /// What they were when they were read last, for people.
    pub(crate) known: Known,
}

/// What was set, and where: for people.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Arc<Mutex<Vec<(String, String)>>>);

impl Known {
    /// Keys, with their values and where they come from.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, rules: &[Rule]) {
        let all = rules.iter().map(|rule| (rule.key.clone(), rule.to_string())).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = all;
    }
}

/// One value, and where it counts.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rule {
    key: String,
    value: Value,
    /// Only in this namespace.
    namespace: Option<String>,
    /// Only for this task queue.
    queue: Option<String>,
    /// By a flag, not in the file.
    by_flag: bool,
}

/// The value, where it counts, where it comes from, and why nothing comes of it if nothing does.
impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.value)?;
        if let Some(namespace) = &self.namespace {
            write!(f, " in namespace {namespace}")?;
        }
        if let Some(queue) = &self.queue {
            write!(f, " for task queue {queue}")?;
        }
        f.write_str(if self.by_flag { ", by a flag" } else { ", in the file" })?;
        match set(self, &mut Settings::default()) {
            Ok(()) => Ok(()),
            Err(why) => write!(f, "; ignored: {why}"),
        }
    }
}

impl Sources {
    /// The settings as they are now. An error is that the file cannot be read, or is none.
    pub(crate) fn read(&self) -> Result<LiveSettings, String> {
        let (everywhere, namespaces) = self.resolve()?;
        let live = LiveSettings::new(everywhere.clone());
        if !namespaces.is_empty() {
            live.replace(everywhere, namespaces).map_err(|_| "there are too many settings".to_owned())?;
        }
        Ok(live)
    }

    /// Reads the file again whenever it changes.
    pub(crate) async fn watch(self, live: Arc<LiveSettings>) {
        let Some(file) = self.file.clone() else { return };
        let mut seen = changed_at(&file);
        loop {
            tokio::time::sleep(FILE_INTERVAL).await;
            let now = changed_at(&file);
            if now == seen {
                continue;
            }
            seen = now;
            let set = self.resolve().and_then(|(everywhere, namespaces)| {
                live.replace(everywhere, namespaces).map_err(|_| "it has changed too often".to_owned())
            });
            match set {
                Ok(()) => info!(?file, "settings were read again"),
                Err(why) => error!(?file, why, "settings stay as they were"),
            }
        }
    }

    fn resolve(&self) -> Result<(Settings, BTreeMap<String, Settings>), String> {
        let mut rules = match &self.file {
            None => Vec::new(),
            Some(file) => {
                let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
                rules_of(&text).map_err(|error| format!("{}: {error}", file.display()))?
            }
        };
        for (key, json) in &self.flags {
            match serde_json::from_str(json) {
                Ok(value) => rules.push(Rule { key: key.clone(), value, by_flag: true, ..Rule::default() }),
                Err(_) => warn!(key, "a setting that is no JSON is ignored"),
            }
        }
        self.known.replace(&rules);
        Ok(resolved(&rules))
    }
}

/// What is set everywhere, and in which namespaces is set what else.
fn resolved(rules: &[Rule]) -> (Settings, BTreeMap<String, Settings>) {
    let mut everywhere = Settings::default();
    for rule in rules.iter().filter(|rule| rule.namespace.is_none()) {
        apply(rule, &mut everywhere);
    }
    let mut namespaces = BTreeMap::new();
    for rule in rules {
        if let Some(name) = &rule.namespace {
            apply(rule, namespaces.entry(name.clone()).or_insert_with(|| everywhere.clone()));
        }
    }
    (everywhere, namespaces)
}

fn apply(rule: &Rule, settings: &mut Settings) {
    let Rule { key, value, namespace, queue, by_flag: _ } = rule;
    if let Some(why) = setting::without_effect(key) {
        return info!(key, why, "a setting without effect is ignored");
    }
    match set(rule, settings) {
        Ok(()) => debug!(key, %value, namespace, queue, "setting"),
        Err(why) => warn!(key, %value, why, "a setting that cannot be is ignored"),
    }
}

/// Sets it; the text says why nothing comes of it.
fn set(rule: &Rule, settings: &mut Settings) -> Result<(), &'static str> {
    if let Some(why) = setting::without_effect(&rule.key) {
        return Err(why);
    }
    let setting = find(&rule.key).ok_or("there is no such setting")?;
    match &rule.queue {
        None => setting.set(settings, &rule.value),
        Some(queue) => set_for_queue(setting.key, queue, &rule.value, &mut settings.waits),
    }
}

fn set_for_queue(key: &str, queue: &str, value: &Value, waits: &mut Waits) -> Result<(), &'static str> {
    let setting = find(POLL_WAIT).filter(|setting| setting.key == key);
    let setting = setting.ok_or("cannot differ between task queues")?;
    let mut of_queue = Settings::default();
    setting.set(&mut of_queue, value)?;
    waits.poll_of_queue.insert(queue.to_owned(), of_queue.waits.poll);
    Ok(())
}

/// The rules of a file: by key, a list of values with their constraints.
fn rules_of(text: &str) -> Result<Vec<Rule>, String> {
    let parsed: Option<BTreeMap<String, Vec<BTreeMap<String, Value>>>> =
        serde_yaml_ng::from_str(text).map_err(|error| error.to_string())?;
    let mut rules = Vec::new();
    for (key, values) in parsed.unwrap_or_default() {
        for mut fields in values {
            let value = fields.remove("value").ok_or_else(|| format!("{key}: there is no value"))?;
            let constraints = fields.remove("constraints").unwrap_or_default();
            match rule(&key, value, &constraints) {
                Ok(rule) => rules.push(rule),
                Err(why) => warn!(key, why, "a value with a constraint that is not known is ignored"),
            }
        }
    }
    Ok(rules)
}

fn rule(key: &str, value: Value, constraints: &Value) -> Result<Rule, String> {
    let mut rule = Rule { key: key.to_owned(), value, ..Rule::default() };
    for (name, constraint) in constraints.as_object().into_iter().flatten() {
        let text = constraint.as_str().map(str::to_owned);
        match name.to_ascii_lowercase().as_str() {
            "namespace" => rule.namespace = text,
            "taskqueuename" => rule.queue = text,
            _ => return Err(name.clone()),
        }
    }
    Ok(rule)
}

/// When a file was changed last; nothing when it is not there.
fn changed_at(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|known| known.modified()).ok()
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(values: &[(&str, &str)]) -> Sources {
        let flags = values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Sources { flags, ..Sources::default() }
    }

    #[test]
    fn a_value_that_cannot_be_leaves_the_default() {
        let sources = flags(&[
            ("LIMIT.blobSize.error", "10240"),
            ("limit.memoSize.error", "\"big\""),
            ("no.such", "1"),
            ("limit.maxIDLength", "{"),
        ]);
        let live = sources.read().expect("no file");
        let settings = live.everywhere();
        assert_eq!(settings.limits.blob_bytes_max, 10_240);
        assert_eq!(settings.limits.memo_bytes_max, Settings::default().limits.memo_bytes_max);
        assert_eq!(settings.limits.id_bytes_max, Settings::default().limits.id_bytes_max);
    }

    #[test]
    fn people_are_told_what_was_set_where_and_why_nothing_comes_of_some_of_it() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text = "limit.blobSize.error:\n  - value: 200\n    constraints: {namespace: guests}\n";
        std::fs::write(file.path(), text).expect("written");
        let mut sources = flags(&[("limit.memoSize.error", "\"big\""), ("no.such", "1")]);
        sources.file = Some(file.path().to_owned());
        sources.read().expect("a file");
        let known = sources.known.all();
        let shown: Vec<_> = known.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
        let expected = [
            ("limit.blobSize.error", "200 in namespace guests, in the file"),
            ("limit.memoSize.error", "\"big\", by a flag; ignored: is no number from zero on"),
            ("no.such", "1, by a flag; ignored: there is no such setting"),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_file_sets_values_everywhere_and_in_namespaces_and_for_queues() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text = "\
limit.blobSize.error:
  - value: 100
  - value: 200
    constraints: {namespace: guests}
limit.memoSize.error:
  - value: 300
matching.longPollExpirationInterval:
  - value: 30s
    constraints: {taskQueueName: slow}
  - value: 10
    constraints: {taskQueueName: slow, namespace: guests}
frontend.namespaceRPS:
  - value: 7
    constraints: {shardId: 3}
";
        std::fs::write(file.path(), text).expect("written");
        let mut sources = flags(&[("limit.memoSize.error", "400")]);
        sources.file = Some(file.path().to_owned());
        let live = sources.read().expect("a file");
        let everywhere = live.everywhere();
        assert_eq!((everywhere.limits.blob_bytes_max, everywhere.limits.memo_bytes_max), (100, 400));
        assert_eq!(everywhere.waits.poll_of("slow"), Duration::from_secs(30));
        assert_eq!(everywhere.waits.poll_of("other"), Settings::default().waits.poll);
        assert_eq!(everywhere.rates.namespace_per_second, 0, "a constraint that is not known holds nowhere");
        let guests = live.own("guests").expect("it has its own");
        assert_eq!((guests.limits.blob_bytes_max, guests.limits.memo_bytes_max), (200, 400));
        assert_eq!(guests.waits.poll_of("slow"), Duration::from_secs(10));
    }

    #[test]
    fn a_file_that_is_none_is_said_to_be_none() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let sources = Sources { file: Some(file.path().to_owned()), ..Sources::default() };
        assert!(sources.read().is_ok(), "an empty file sets nothing");
        for text in ["- a\n", "limit.blobSize.error: 5\n", "limit.blobSize.error:\n  - constraints: {}\n", "\"\n"] {
            std::fs::write(file.path(), text).expect("written");
            assert!(sources.read().is_err(), "{text:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_changes_is_read_again_and_a_broken_one_changes_nothing() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let write = |bytes: &str, at: u64| {
            std::fs::write(file.path(), format!("limit.blobSize.error:\n  - value: {bytes}\n")).expect("written");
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
            let opened = std::fs::File::options().write(true).open(file.path()).expect("a file");
            opened.set_modified(at).expect("its time can be set");
        };
        write("100", 1);
        let sources = Sources { file: Some(file.path().to_owned()), ..Sources::default() };
        let live = Arc::new(sources.read().expect("a file"));
        let watching = tokio::spawn(sources.watch(live.clone()));
        let blob_bytes = || live.everywhere().limits.blob_bytes_max;
        tokio::time::sleep(FILE_INTERVAL * 2).await;
        assert_eq!(blob_bytes(), 100);
        write("200", 2);
        tokio::time::sleep(FILE_INTERVAL * 2).await;
        assert_eq!(blob_bytes(), 200);
        write("[", 3);
        tokio::time::sleep(FILE_INTERVAL * 2).await;
        assert_eq!(blob_bytes(), 200);
        watching.abort();
    }
}
