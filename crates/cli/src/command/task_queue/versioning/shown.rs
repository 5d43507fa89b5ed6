//! Rules about builds, as tables and as JSON.

use abide_api::temporal::api::taskqueue::v1::{
    TimestampedBuildIdAssignmentRule, TimestampedCompatibleBuildIdRedirectRule, build_id_assignment_rule::Ramp,
};
use serde_json::{Value, json};

use crate::output::table::Header;
use crate::output::{Column, Output, Table};
use crate::time;

/// All rules.
pub fn print(
    output: Output,
    assignment: &[TimestampedBuildIdAssignmentRule],
    redirect: &[TimestampedCompatibleBuildIdRedirectRule],
) {
    let list = |values: Vec<Value>| if values.is_empty() { Value::Null } else { Value::Array(values) };
    let assignment_json = assignment.iter().map(|rule| {
        json!({
            "targetBuildID": rule.rule.clone().unwrap_or_default().target_build_id,
            "rampPercentage": percentage(rule),
            "createTime": time::go(rule.create_time.as_ref()),
        })
    });
    let redirect_json = redirect.iter().map(|rule| {
        let (from, to) = ends(rule);
        json!({ "sourceBuildID": from, "targetBuildID": to, "createTime": time::go(rule.create_time.as_ref()) })
    });
    output.json(&json!({
        "assignmentRules": list(assignment_json.collect()),
        "redirectRules": list(redirect_json.collect()),
    }));
    output.heading("Assignment Rules:");
    assignments(output, assignment);
    output.text("");
    output.heading("Redirection Rules:");
    redirects(output, redirect);
}

/// Assignment rules as a table.
pub fn assignments(output: Output, rules: &[TimestampedBuildIdAssignmentRule]) {
    let mut table = Table::new([
        Column::number("Index"),
        Column::text("TargetBuildID"),
        Column::number("RampPercentage"),
        Column::text("CreateTime"),
    ]);
    for (index, rule) in rules.iter().enumerate() {
        let target = rule.rule.clone().unwrap_or_default().target_build_id;
        let created = output.time(rule.create_time.as_ref());
        table.row([index.to_string(), target, percentage(rule).to_string(), created]);
    }
    output.table(&table, Header::Shown);
}

/// Redirect rules as a table.
pub fn redirects(output: Output, rules: &[TimestampedCompatibleBuildIdRedirectRule]) {
    let mut table = Table::new(["SourceBuildID", "TargetBuildID", "CreateTime"].map(Column::text));
    for rule in rules {
        let (from, to) = ends(rule);
        table.row([from, to, output.time(rule.create_time.as_ref())]);
    }
    output.table(&table, Header::Shown);
}

fn percentage(rule: &TimestampedBuildIdAssignmentRule) -> f32 {
    match rule.rule.as_ref().and_then(|rule| rule.ramp.as_ref()) {
        Some(Ramp::PercentageRamp(ramp)) => ramp.ramp_percentage,
        None => 100.0,
    }
}

fn ends(rule: &TimestampedCompatibleBuildIdRedirectRule) -> (String, String) {
    let rule = rule.rule.clone().unwrap_or_default();
    (rule.source_build_id, rule.target_build_id)
}
