//! Values that are typed into a form to be sent to a workflow. Each value is a field of its own; what is no JSON is refused, with
//! the place, before anything is sent. The fields are named as the flags of the command line are.

use std::collections::BTreeMap;

use abide_api::temporal::api::common::v1::{Payload, Payloads};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use maud::{Markup, html};
use prost::Message;

use crate::form::Fields;
use crate::problem::Problem;
use crate::visit::Visit;

/// How many fields are there for values beyond those that are filled in.
const SPARE: usize = 5;
const ENCODING: &str = "encoding";
const PAYLOAD: &str = "temporal.api.common.v1.Payload";
const JSON_PLAIN: &str = "json/plain";
/// What one can say that a value is, and how it is read.
const ENCODINGS: &[(&str, &str)] =
    &[("", "JSON"), ("encoding=json/protobuf", "JSON of a Protobuf message"), ("encoding=binary/plain", "Bytes")];

/// For the command of the form: see [`crate::widgets::command`].
pub(crate) const FLAGS: &str = " --input {input} --input-meta {input-meta} --input-base64 {input-base64?}";

/// What a browser sends in the place of what was typed, when a codec server has encoded it: see `assets/el/encode.js`.
pub(crate) const ENCODED: &str = "input-encoded";

/// What was typed.
#[derive(Default)]
pub(crate) struct Typed<'a> {
    /// One for each value, those that are empty as well.
    pub(crate) values: Vec<&'a str>,
    /// `NAME=VALUE`, for all values.
    pub(crate) metadata: Vec<&'a str>,
    pub(crate) is_base64: bool,
    /// In the protocol's JSON form. With any of them, there are no other values.
    pub(crate) encoded: Vec<&'a str>,
}

impl<'a> Typed<'a> {
    /// In a form.
    pub(crate) fn of(fields: &'a Fields) -> Self {
        let (values, metadata) = (fields.all("input").collect(), fields.all("input-meta").collect());
        Self { values, metadata, is_base64: fields.is_set("input-base64"), encoded: fields.all(ENCODED).collect() }
    }

    /// In a form that only asks, so that what was typed stands in the address.
    pub(crate) fn in_query(visit: &'a Visit) -> Self {
        let (values, metadata) = (visit.values("input").collect(), visit.values("input-meta").collect());
        let is_base64 = visit.value("input-base64").is_some();
        Self { values, metadata, is_base64, encoded: visit.values(ENCODED).collect() }
    }

    /// As payloads, if there are any values.
    pub(crate) fn payloads(&self) -> Result<Option<Payloads>, Problem> {
        if !self.encoded.is_empty() {
            let payloads = self.encoded.iter().map(|one| encoded(one)).collect::<Result<_, _>>()?;
            return Ok(Some(Payloads { payloads }));
        }
        let values: Vec<String> = self.values.iter().map(|value| plain_lines(value.trim())).collect();
        let count = values.iter().rposition(|value| !value.is_empty()).map_or(0, |last| last + 1);
        let metadata = self.metadata()?;
        let payload = |(index, value): (usize, &String)| self.payload(index + 1, value, &metadata);
        let payloads = values[..count].iter().enumerate().map(payload).collect::<Result<Vec<Payload>, Problem>>()?;
        Ok((count > 0).then_some(Payloads { payloads }))
    }

    fn metadata(&self) -> Result<BTreeMap<String, Bytes>, Problem> {
        let mut metadata = BTreeMap::from([(ENCODING.to_owned(), Bytes::from_static(JSON_PLAIN.as_bytes()))]);
        for pair in self.metadata.iter().map(|pair| pair.trim()).filter(|pair| !pair.is_empty()) {
            let (name, value) =
                pair.split_once('=').ok_or_else(|| Problem::invalid(format!("Metadata {pair:?} is not NAME=VALUE")))?;
            metadata.insert(name.trim().to_owned(), value.trim().to_owned().into());
        }
        Ok(metadata)
    }

    fn payload(&self, number: usize, value: &str, metadata: &BTreeMap<String, Bytes>) -> Result<Payload, Problem> {
        if value.is_empty() {
            return Err(Problem::invalid(format!("Input {number} is empty, but one after it is not")));
        }
        let data = match self.is_base64 {
            true => STANDARD
                .decode(value)
                .map_err(|error| Problem::invalid(format!("Input {number} is not base64: {error}")))?,
            false => value.as_bytes().to_vec(),
        };
        if metadata.get(ENCODING).is_some_and(|encoding| encoding.starts_with(b"json/")) {
            serde_json::from_slice::<serde_json::Value>(&data)
                .map_err(|error| Problem::invalid(format!("Input {number} is not JSON: {error}")))?;
        }
        Ok(Payload { metadata: metadata.clone(), data: data.into(), ..Payload::default() })
    }
}

/// The fields. `filled` are values that stand there already.
pub(crate) fn fields(filled: &Typed<'_>) -> Markup {
    let count = filled.values.iter().rposition(|value| !value.is_empty()).map_or(1, |last| last + 1);
    let value = |index: usize| filled.values.get(index).copied().unwrap_or_default();
    let chosen = |pair: &str| filled.metadata.contains(&pair);
    let other = filled.metadata.iter().find(|pair| !ENCODINGS.iter().any(|(known, _)| known == *pair));
    let is_special = filled.is_base64 || filled.metadata.iter().any(|pair| !pair.is_empty());
    html! {
        fieldset {
            legend { "Input" }
            @for index in 0..count { (one(index, value(index))) }
            details {
                summary { "More values" }
                @for index in count..count + SPARE { (one(index, "")) }
            }
            details open[is_special] {
                summary { "Encoding" }
                label { "Values are"
                    select name="input-meta" {
                        @for (pair, name) in ENCODINGS {
                            option value=(pair) selected[!pair.is_empty() && chosen(pair)] { (name) }
                        }
                    }
                }
                label { "More metadata, as NAME=VALUE"
                    input name="input-meta" value=(other.copied().unwrap_or_default()) placeholder="messageType=..." autocomplete="off";
                }
                label.tick {
                    input type="checkbox" name="input-base64" value="true" checked[filled.is_base64];
                    "Values are written in base64"
                }
            }
        }
    }
}

/// No values yet.
pub(crate) fn nothing() -> Typed<'static> {
    Typed::default()
}

/// What one would type for a payload, if it is JSON.
pub(crate) fn typed(payload: &Payload) -> Option<String> {
    let encoding = payload.metadata.get(ENCODING)?;
    match encoding.as_ref() {
        b"binary/null" => Some("null".to_owned()),
        b"json/plain" => String::from_utf8(payload.data.to_vec()).ok(),
        _ => None,
    }
}

fn one(index: usize, value: &str) -> Markup {
    html! {
        label { "Input " (index + 1) textarea.value name="input" rows="2" spellcheck="false" { "\n" (value) } }
    }
}

fn encoded(text: &str) -> Result<Payload, Problem> {
    let refused =
        |error: &dyn std::fmt::Display| Problem::invalid(format!("The codec server's answer is no payload: {error}"));
    let read = abide_json::read(&abide_json::descriptor(PAYLOAD), text, abide_json::Payloads::Raw);
    let message = read.map_err(|error| refused(&error))?.encode_to_vec();
    Payload::decode(message.as_slice()).map_err(|error| refused(&error))
}

/// A browser sends the ends of lines as none types them.
fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str], metadata: &[&str], is_base64: bool) -> Result<Vec<(String, String)>, String> {
        let typed = Typed { values: values.to_vec(), metadata: metadata.to_vec(), is_base64, ..Typed::default() };
        let payloads = typed.payloads().map_err(|problem| problem.said)?.unwrap_or_default().payloads;
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        Ok(payloads.iter().map(|payload| (text(&payload.metadata[ENCODING]), text(&payload.data))).collect())
    }

    #[test]
    fn every_field_is_a_value_as_it_was_typed() {
        let json = |data: &str| ("json/plain".to_owned(), data.to_owned());
        assert_eq!(read(&["{\"a\": 1}\r\n", "", ""], &[""], false), Ok(vec![json("{\"a\": 1}")]));
        assert_eq!(read(&["[1,\r\n2]", "\"<script>\""], &[], false), Ok(vec![json("[1,\n2]"), json("\"<script>\"")]));
        assert_eq!(read(&[" ", ""], &[], false), Ok(vec![]));
    }

    #[test]
    fn what_cannot_be_sent_is_named_with_its_place() {
        let refused =
            |values: &[&str], metadata: &[&str], is_base64| read(values, metadata, is_base64).expect_err("bad");
        assert_eq!(refused(&["1", "{\"a\":}"], &[], false), "Input 2 is not JSON: expected value at line 1 column 6");
        assert_eq!(refused(&["", "1"], &[], false), "Input 1 is empty, but one after it is not");
        assert_eq!(refused(&["1"], &["x"], false), "Metadata \"x\" is not NAME=VALUE");
        assert!(refused(&["%"], &["encoding=binary/plain"], true).starts_with("Input 1 is not base64: "));
    }

    #[test]
    fn metadata_and_base64_are_taken_as_the_command_line_takes_them() {
        let bytes = read(&["aGk="], &["encoding=binary/plain"], true);
        assert_eq!(bytes, Ok(vec![("binary/plain".into(), "hi".into())]));
        assert_eq!(read(&["no json"], &["encoding=binary/plain", ""], false).map(|all| all.len()), Ok(1));
    }

    #[test]
    fn what_a_codec_server_has_encoded_is_sent_in_the_place_of_what_was_typed() {
        let read = |encoded: &'static str| {
            let typed = Typed { values: vec!["\"plain\""], encoded: vec![encoded], ..Typed::default() };
            typed.payloads().map(|all| all.expect("a value").payloads).map_err(|problem| problem.said)
        };
        let found = read(r#"{"metadata":{"encoding":"YmluYXJ5L2VuY3J5cHRlZA=="},"data":"AQI="}"#).expect("a payload");
        assert_eq!((found.len(), found[0].data.as_ref()), (1, &[1, 2][..]));
        assert_eq!(found[0].metadata[ENCODING], "binary/encrypted");
        assert!(read("{\"x\":1}").expect_err("no payload").starts_with("The codec server's answer is no payload: "));
    }

    #[test]
    fn fields_hold_what_was_typed_and_nothing_breaks_out_of_them() {
        let filled = Typed { values: vec!["</textarea><script>", "2"], ..Typed::default() };
        let html = fields(&filled).into_string();
        assert!(html.contains("&lt;/textarea&gt;&lt;script&gt;") && !html.contains("<script>"), "{html}");
        assert_eq!(html.matches("name=\"input\"").count(), 2 + SPARE);
        let payload = filled.payloads().expect_err("no JSON");
        assert!(payload.said.contains("line 1 column 1"));
    }
}
