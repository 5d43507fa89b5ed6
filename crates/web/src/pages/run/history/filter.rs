//! Which events of a history are shown: of some kinds, whose words match an expression, that tell of a failure, that are about
//! something that is still pending. An expression that does not compile is said to be wrong.

use std::collections::BTreeSet;

use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use regex::{Regex, RegexBuilder};

use crate::pages::run::Described;
use crate::pages::run::event::{Category, is_failed, words};
use crate::problem::Problem;
use crate::visit::Visit;

/// What an expression may take when it is compiled: nobody types a larger one.
const EXPRESSION_BYTES_MAX: usize = 1 << 20;

/// See the file's first lines.
#[derive(Clone, Default, Debug)]
pub(crate) struct Filter {
    /// None for all of them.
    pub(crate) categories: BTreeSet<Category>,
    expression: Option<Regex>,
    pub(crate) only_failed: bool,
    /// What is pending, if only that is asked for.
    pending: Option<Pending>,
}

/// What names the things that are pending.
#[derive(Clone, Default, Debug)]
struct Pending {
    activities: BTreeSet<String>,
    initiated: BTreeSet<i64>,
}

impl Filter {
    /// As the address of a page says.
    pub(crate) fn of(visit: &Visit, run: &Described) -> Result<Self, Problem> {
        let is_set = |name: &str| visit.value(name).is_some();
        let asked: BTreeSet<&str> = visit.values("type").collect();
        let categories = Category::ALL.into_iter().filter(|category| asked.contains(category.name())).collect();
        let expression = visit.value("q").map(expression).transpose()?;
        let pending = is_set("pending").then(|| Pending::of(run));
        Ok(Self { categories, expression, only_failed: is_set("failed"), pending })
    }

    /// Whether all events pass.
    pub(crate) fn is_none(&self) -> bool {
        self.categories.is_empty() && self.expression.is_none() && !self.only_failed && self.pending.is_none()
    }

    /// Whether only what is pending is asked for.
    pub(crate) fn only_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether an event is shown.
    pub(crate) fn passes(&self, event: &HistoryEvent) -> bool {
        (self.categories.is_empty() || self.categories.contains(&Category::of(event)))
            && (!self.only_failed || is_failed(event))
            && self.pending.as_ref().is_none_or(|pending| pending.passes(event))
            && self.matches(|| words(event))
    }

    /// Whether the expression, if there is one, is found in some words.
    pub(crate) fn matches(&self, words: impl Fn() -> String) -> bool {
        self.expression.as_ref().is_none_or(|expression| expression.is_match(&words()))
    }
}

impl Pending {
    fn of(run: &Described) -> Self {
        let found = &run.found;
        let children = found.pending_children.iter().map(|child| child.initiated_id);
        let operations = found.pending_nexus_operations.iter().map(|operation| operation.scheduled_event_id);
        Self {
            activities: found.pending_activities.iter().map(|activity| activity.activity_id.clone()).collect(),
            initiated: children.chain(operations).collect(),
        }
    }

    fn passes(&self, event: &HistoryEvent) -> bool {
        match &event.attributes {
            Some(Attributes::ActivityTaskScheduledEventAttributes(it)) => self.activities.contains(&it.activity_id),
            _ => self.initiated.contains(&event.event_id),
        }
    }
}

/// Upper and lower case are the same.
pub(crate) fn expression(text: &str) -> Result<Regex, Problem> {
    let built = RegexBuilder::new(text).case_insensitive(true).size_limit(EXPRESSION_BYTES_MAX).build();
    built.map_err(|error| Problem::invalid(format!("This is not a regular expression: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::run::testing::{activity_failed, timer_started};

    fn filter(query: &str) -> Filter {
        let expression = Some(expression(query).expect("a regular expression"));
        Filter { expression, ..Filter::default() }
    }

    #[test]
    fn an_expression_finds_words_of_types_ids_and_failures() {
        let (failed, timer) = (activity_failed(7, "disk <full>"), timer_started(5, "wait", 60));
        assert!(filter("DISK").passes(&failed) && !filter("disk").passes(&timer));
        assert!(filter("^Timer(Started|Fired)").passes(&timer));
        assert!(filter("id wait").passes(&timer));
    }

    #[test]
    fn an_expression_that_is_none_or_too_large_is_refused() {
        assert!(expression("(").is_err());
        assert!(expression(r"\w{1000}{1000}").is_err());
    }

    #[test]
    fn only_failed_shows_what_went_wrong() {
        let filter = Filter { only_failed: true, ..Filter::default() };
        assert!(filter.passes(&activity_failed(7, "x")) && !filter.passes(&timer_started(5, "wait", 60)));
    }

    #[test]
    fn categories_are_alternatives() {
        let filter = Filter { categories: [Category::Timer, Category::Signal].into(), ..Filter::default() };
        assert!(filter.passes(&timer_started(5, "wait", 60)) && !filter.passes(&activity_failed(7, "x")));
    }
}
