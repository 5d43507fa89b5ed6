//! What requests are made of: names that mean something to the server, and what its answers have told. Names of ordinary
//! workflows are not among them: those must not be reached by accident.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use abide_mutation::Random;
use bytes::Bytes;

/// The namespace in which everything is tried.
pub const FUZZED: &str = "fuzzed";
/// How many workflows there always are in it.
pub const TARGETS: usize = 8;
/// How many things of a kind are remembered.
const KNOWN_MAX: usize = 64;

/// What answers have told.
#[derive(Default)]
pub struct Words(Mutex<Known>);

#[derive(Default)]
struct Known {
    tokens: VecDeque<Bytes>,
    pages: VecDeque<Bytes>,
    run_ids: VecDeque<String>,
}

impl Words {
    /// A token of a task.
    pub fn learn_token(&self, token: Bytes) {
        learn(&mut self.lock().tokens, token);
    }

    /// A token of a page.
    pub fn learn_page(&self, token: Bytes) {
        learn(&mut self.lock().pages, token);
    }

    /// The id of a run.
    pub fn learn_run(&self, run_id: String) {
        learn(&mut self.lock().run_ids, run_id);
    }

    /// A token that was given out for something of the kind; perhaps none was.
    pub fn token(&self, field: &str, random: &mut Random) -> Bytes {
        if field.contains("page") && random.percent(50) {
            return Bytes::new();
        }
        let known = self.lock();
        let tokens = if field.contains("page") { &known.pages } else { &known.tokens };
        // The newest are those that may still be good.
        let age = random.below(tokens.len().min(8));
        tokens.iter().rev().nth(age).cloned().unwrap_or_default()
    }

    fn run_id(&self, random: &mut Random) -> String {
        let known = self.lock();
        let any = random.below(known.run_ids.len());
        known.run_ids.get(any).cloned().unwrap_or_default()
    }

    /// A text that fits a field of this name in a message of this name.
    pub fn text(&self, message: &str, field: &str, random: &mut Random) -> String {
        let numbered = |what: &str, random: &mut Random| format!("{what}-{}", random.below(4));
        match field {
            "namespace" | "workflow_namespace" => FUZZED.into(),
            "workflow_id" | "business_id" => format!("target-{}", random.below(TARGETS)),
            "run_id" | "first_execution_run_id" | "new_execution_run_id" if random.percent(60) => String::new(),
            "run_id" | "first_execution_run_id" | "new_execution_run_id" => self.run_id(random),
            "name" if message.ends_with(".TaskQueue") => "targets".into(),
            "name" => (*random.one_of(&["Order", "charge", FUZZED, "signal"])).into(),
            "task_queue" | "queue" => "targets".into(),
            "normal_name" => String::new(),
            "activity_id" => numbered("activity", random),
            "timer_id" => numbered("timer", random),
            "update_id" | "protocol_instance_id" | "id" => numbered("update", random),
            "request_id" | "create_request_id" => format!("request-{}", random.below(200)),
            "signal_name" => numbered("signal", random),
            "query" => (*random.one_of(&QUERIES)).into(),
            "cron_schedule" => (*random.one_of(&["", "", "", "* * * * *", "@every 1s"])).into(),
            "url" => "http://127.0.0.1:1/callback".into(),
            "identity" => "fuzz".into(),
            "message_id" => format!("update-{}/request", random.below(4)),
            "fairness_key" => numbered("key", random),
            _ => numbered("text", random),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const QUERIES: [&str; 6] = [
    "",
    "WorkflowId = 'target-1'",
    "ExecutionStatus = 'Running' AND WorkflowType = 'Order'",
    "StartTime > '2026-01-01T00:00:00Z' ORDER BY CloseTime DESC",
    "(CustomKeywordField IN ('a', 'b') OR NOT CloseTime IS NULL)",
    "TaskQueue = 'targets'",
];

fn learn<T: PartialEq + Default>(known: &mut VecDeque<T>, word: T) {
    if word == T::default() || known.contains(&word) {
        return;
    }
    if known.len() == KNOWN_MAX {
        known.pop_front();
    }
    known.push_back(word);
}
