//! `workflow fix-history-json`: writes a history that an older tool saved as today's replayers read it.

use clap::Args;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::{json, output};

/// `workflow fix-history-json`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The file with the history.
    #[arg(long, short = 's', value_name = "FILE")]
    source: String,
    /// The file that is written; stdout by default.
    #[arg(long, short = 't', value_name = "FILE", default_value = "")]
    target: String,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| Error::new(format!("{}: {error}", arguments.source));
    let text = std::fs::read_to_string(&arguments.source);
    let text = text.map_err(|error| Error::open(&arguments.source, &error))?;
    let fixed = format!("{:#}", fixed(&text).map_err(|error| failed(&error))?);
    match arguments.target.as_str() {
        "" | "-" => output::plain(&fixed),
        target => std::fs::write(target, fixed).map_err(|error| Error::open(target, &error))?,
    }
    Ok(())
}

fn fixed(text: &str) -> Result<Value> {
    let name = "temporal.api.history.v1.History";
    let descriptor = json::pool().get_message_by_name(name).expect("the API has histories");
    let mut history: Value = serde_json::from_str(text).map_err(|error| Error::new(error.to_string()))?;
    json::keep_known(&mut history, &descriptor, json::Payloads::Raw);
    // Reading knows short names: older tools wrote `TimerFired` for `EVENT_TYPE_TIMER_FIRED`.
    let read = json::read(&descriptor, &history.to_string(), json::Payloads::Raw);
    Ok(json::whole(&read.map_err(|error| Error::new(error.to_string()))?))
}

#[cfg(test)]
mod tests {
    #[test]
    fn short_names_become_long_ones() {
        let text = r#"{"events":[{"eventId":"1","eventType":"WorkflowExecutionStarted","unknown":1,
            "workflowExecutionStartedEventAttributes":{"taskQueue":{"name":"q","kind":"Normal"},
            "memo":{"fields":{"k":{"data":"MQ=="}}}}}]}"#;
        let fixed = super::fixed(text).expect("a history").to_string();
        assert!(fixed.contains("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED"), "{fixed}");
        assert!(fixed.contains("TASK_QUEUE_KIND_NORMAL") && fixed.contains("MQ==") && !fixed.contains("unknown"));
    }
}
