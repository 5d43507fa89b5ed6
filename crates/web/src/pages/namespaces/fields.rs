//! What the forms of a namespace have in common.

use std::collections::BTreeMap;

use abide_api::temporal::api::namespace::v1::NamespaceInfo;
use maud::{Markup, html};
use prost_types::Duration;

use crate::form::Fields;
use crate::problem::Problem;
use crate::span;

/// Empty fields for more custom data.
const DATA_MORE: usize = 2;

/// Description, owner, retention, custom data: as they are.
pub(super) fn fields(info: &NamespaceInfo, retention: &Duration) -> Markup {
    html! {
        label { "Description" input name="description" value=(info.description); }
        label { "Owner's email address" input name="owner" type="email" value=(info.owner_email); }
        label { "Retention"
            input name="retention" required value=(span::written(retention)) aria-describedby="retention-note";
        }
        p.quiet id="retention-note" { "How long closed workflow executions are kept: " code { "72h" } ", " code { "3d" } "." }
        fieldset {
            legend { "Custom data" }
            @for pair in info.data.iter().map(Some).chain([None; DATA_MORE]) {
                label { span.hidden-visually { "Name and value" }
                    input name="data" placeholder="NAME=VALUE" value=[pair.map(|(name, value)| format!("{name}={value}"))];
                }
            }
        }
    }
}

/// The retention that was typed in.
pub(super) fn retention(fields: &Fields) -> Result<Duration, Problem> {
    let text = fields.required("retention", "Retention")?;
    span::parse(text).ok_or_else(|| Problem::invalid(format!("retention: {text} is no duration such as 72h or 3d")))
}

/// The custom data that was typed in.
pub(super) fn data(fields: &Fields) -> Result<BTreeMap<String, String>, Problem> {
    let pairs = fields.all("data").map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').filter(|(name, _)| !name.trim().is_empty()).ok_or_else(|| {
                Problem::invalid(format!("custom data: {pair} has no name and value: write NAME=VALUE"))
            })?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}
