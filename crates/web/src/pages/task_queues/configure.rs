//! Decides how fast a queue hands out tasks, and how its fairness keys share it.

use std::collections::BTreeMap;

use abide_api::temporal::api::enums::v1::TaskQueueType;
use abide_api::temporal::api::taskqueue::v1::{RateLimit, RateLimitConfig};
use abide_api::temporal::api::workflowservice::v1::UpdateTaskQueueConfigRequest;
use abide_api::temporal::api::workflowservice::v1::update_task_queue_config_request::RateLimitUpdate;
use axum::extract::Path;
use maud::{Markup, html};

use super::queue::kind_name;
use super::{KINDS, address, describe};
use crate::command_line;
use crate::form::{self, Done, Fields};
use crate::page::{Page, Place};
use crate::pages::IDENTITY;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::command;

/// What takes a limit or a weight back, as on the command line.
const DEFAULT: &str = "default";
/// Empty fields for more weights.
const WEIGHTS_MORE: usize = 2;

/// Asks what it is to be.
pub(super) async fn ask(visit: Visit, Path((namespace, queue)): Path<(String, String)>) -> Result<Page, Problem> {
    visit.allow(Action::Administration)?;
    let kind = kind(visit.value("type"))?;
    let config = describe(&visit, &namespace, &queue, kind).await?.config.unwrap_or_default();
    let to = address(&visit, &namespace, &[&queue, "actions", "configure"]);
    let flags = [
        ("namespace", Some(namespace.as_str())),
        ("task-queue", Some(queue.as_str())),
        ("task-queue-type", Some(kind_name(kind))),
    ];
    let mut fixed = command_line::command("task-queue config set", &flags);
    if kind == TaskQueueType::Activity {
        fixed += " --queue-rps-limit {queue-rate} --queue-rps-limit-reason {queue-reason} \
                  --fairness-key-rps-limit-default {key-rate} --fairness-key-rps-limit-reason {key-reason}";
    }
    let body = html! {
        h1 { "Configure " (kind_name(kind)) " tasks of " (queue) }
        form.fields method="post" action=(to) {
            (form::token(&visit))
            input type="hidden" name="type" value=(kind_name(kind));
            p { "What is left empty stays as it is; " code { (DEFAULT) } " takes it back." }
            @if kind == TaskQueueType::Activity {
                (limit("queue", "Rate limit of the queue", config.queue_rate_limit.as_ref()))
                (limit("key", "Rate limit of each fairness key", config.fairness_keys_rate_limit_default.as_ref()))
            } @else {
                p.quiet { "Workflow tasks have no rate limit." }
            }
            (weights(&config.fairness_weight_overrides))
            (command(&(fixed + " --fairness-key-weight {weight}")))
            p.actions {
                button.primary { "Save" }
                a.button href=(address(&visit, &namespace, &[&queue])) data-close="" { "Cancel" }
            }
        }
    };
    Ok(Page::new(Place::TaskQueues, format!("Configure {queue}"), body).of(namespace))
}

fn limit(name: &str, label: &str, known: Option<&RateLimitConfig>) -> Markup {
    let rate = known.and_then(|known| known.rate_limit).map(|rate| rate.requests_per_second.to_string());
    html! {
        fieldset {
            legend { (label) }
            label { "Tasks per second"
                input name={ (name) "-rate" } inputmode="decimal" autocomplete="off" placeholder=(rate.as_deref().unwrap_or("no limit"));
            }
            label { "Reason" input name={ (name) "-reason" }; }
        }
    }
}

fn weights(known: &BTreeMap<String, f32>) -> Markup {
    html! {
        fieldset {
            legend { "Weights of fairness keys" }
            @for pair in known.iter().map(Some).chain([None; WEIGHTS_MORE]) {
                label { span.hidden-visually { "Key and weight" }
                    input name="weight" placeholder="KEY=WEIGHT" value=[pair.map(|(key, weight)| format!("{key}={weight}"))];
                }
            }
        }
    }
}

/// Decides it.
pub(super) async fn act(
    visit: Visit,
    Path((namespace, queue)): Path<(String, String)>,
    given: Fields,
) -> Result<Done, Problem> {
    visit.allow(Action::Administration)?;
    let kind = kind(given.text("type"))?;
    let (set, unset) = given_weights(&given)?;
    let request = UpdateTaskQueueConfigRequest {
        namespace: namespace.clone(),
        identity: IDENTITY.to_owned(),
        task_queue: queue.clone(),
        task_queue_type: kind.into(),
        update_queue_rate_limit: given_limit(&given, "queue")?,
        update_fairness_key_rate_limit_default: given_limit(&given, "key")?,
        set_fairness_weight_overrides: set,
        unset_fairness_weight_overrides: unset,
    };
    visit.workflows().update_task_queue_config(visit.request(request)).await?;
    let said = format!("The {} tasks of {queue} were configured.", kind_name(kind));
    Ok(Done { to: address(&visit, &namespace, &[&queue]), said })
}

fn kind(name: Option<&str>) -> Result<TaskQueueType, Problem> {
    let found = KINDS.into_iter().find(|kind| Some(kind_name(*kind)) == name);
    found.ok_or_else(|| Problem::invalid("the type of tasks must be workflow or activity"))
}

fn given_limit(given: &Fields, name: &str) -> Result<Option<RateLimitUpdate>, Problem> {
    let Some(text) = given.text(&format!("{name}-rate")) else { return Ok(None) };
    let reason = given.text(&format!("{name}-reason")).unwrap_or_default().to_owned();
    if text == DEFAULT {
        return Ok(Some(RateLimitUpdate { rate_limit: None, reason }));
    }
    let rate = text.parse().ok().filter(|rate: &f32| rate.is_finite());
    let requests_per_second =
        rate.ok_or_else(|| Problem::invalid(format!("{text} is no number of tasks per second")))?;
    Ok(Some(RateLimitUpdate { rate_limit: Some(RateLimit { requests_per_second }), reason }))
}

/// Weights that are set, and keys whose weight is taken back.
fn given_weights(given: &Fields) -> Result<(BTreeMap<String, f32>, Vec<String>), Problem> {
    let (mut set, mut unset) = (BTreeMap::new(), Vec::new());
    for pair in given.all("weight").map(str::trim).filter(|pair| !pair.is_empty()) {
        let wrong = || Problem::invalid(format!("{pair} is no key and weight: write KEY=WEIGHT"));
        let (key, weight) = pair.rsplit_once('=').ok_or_else(wrong)?;
        if weight.trim() == DEFAULT {
            unset.push(key.trim().to_owned());
        } else {
            set.insert(key.trim().to_owned(), weight.trim().parse().map_err(|_| wrong())?);
        }
    }
    Ok((set, unset))
}
