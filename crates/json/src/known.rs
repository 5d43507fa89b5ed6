//! Leaves out of JSON what the API has no name for. Reading refuses it, and that is right for a request; but a history that was
//! written by a newer server can still be read.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

use crate::{PAYLOAD, PAYLOADS, Payloads};

/// Takes away the fields of a message that the API does not know. Payloads in shorthand are left as they are: their fields are
/// nobody's business.
pub fn keep_known(value: &mut Value, descriptor: &MessageDescriptor, payloads: Payloads) {
    let Value::Object(object) = value else { return };
    let find = |name: &str| descriptor.get_field_by_json_name(name).or_else(|| descriptor.get_field_by_name(name));
    object.retain(|name, _| find(name).is_some());
    for (name, inner) in object.iter_mut() {
        if let Some(found) = find(name) {
            field(inner, &found, payloads);
        }
    }
}

fn field(value: &mut Value, descriptor: &FieldDescriptor, payloads: Payloads) {
    match (descriptor.kind(), value) {
        (Kind::Message(entry), Value::Object(entries)) if descriptor.is_map() => {
            entries.values_mut().for_each(|inner| field(inner, &entry.map_entry_value_field(), payloads));
        }
        (Kind::Message(inner), _) if is_taken_whole(&inner, payloads) => {}
        (_, Value::Array(items)) => items.iter_mut().for_each(|item| field(item, descriptor, payloads)),
        (Kind::Message(inner), value) => keep_known(value, &inner, payloads),
        (_, _) => {}
    }
}

fn is_taken_whole(descriptor: &MessageDescriptor, payloads: Payloads) -> bool {
    let name = descriptor.full_name();
    name.starts_with("google.") || payloads == Payloads::Shorthand && matches!(name, PAYLOAD | PAYLOADS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::descriptor;

    #[test]
    fn what_the_api_does_not_know_is_left_out_but_not_of_payloads_in_shorthand() {
        let history = json!({ "events": [{ "eventId": "1", "new": 1,
            "timerStartedEventAttributes": { "timerId": "t", "newer": {} },
            "userMetadata": { "summary": { "ours": 1 } } }] });
        let kept = |payloads| {
            let mut history = history.clone();
            keep_known(&mut history, &descriptor("temporal.api.history.v1.History"), payloads);
            history["events"][0].clone()
        };
        let timer = json!({ "timerId": "t" });
        let expected = |summary| json!({ "eventId": "1", "timerStartedEventAttributes": timer, "userMetadata": { "summary": summary } });
        assert_eq!(kept(Payloads::Shorthand), expected(json!({ "ours": 1 })));
        assert_eq!(kept(Payloads::Raw), expected(json!({})));
    }
}
