//! What users give to workflows: payloads from `--input` and its companions, and KEY=JSON pairs.

use std::collections::BTreeMap;

use abide_api::temporal::api::common::v1::{Payload, Payloads};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;

use crate::error::{Error, Result};

/// The arguments of a workflow, a signal or a query.
#[derive(Args, Debug, Clone, Default)]
pub struct Input {
    /// An argument, in JSON. May be repeated.
    #[arg(long, short = 'i', value_name = "JSON", allow_negative_numbers = true)]
    pub input: Vec<String>,
    /// A file with an argument. May be repeated; not with --input.
    #[arg(long, value_name = "FILE")]
    pub input_file: Vec<String>,
    /// Metadata of the arguments, as KEY=VALUE; repeated for the second argument and so on.
    #[arg(long, value_name = "KEY=VALUE")]
    pub input_meta: Vec<String>,
    /// Arguments are base64.
    #[arg(long)]
    pub input_base64: bool,
}

impl Input {
    /// The payloads, if there are any.
    pub fn payloads(&self) -> Result<Option<Payloads>> {
        if !self.input.is_empty() && !self.input_file.is_empty() {
            return Err(Error::new("cannot provide input and input file"));
        }
        let mut contents: Vec<Vec<u8>> = self.input.iter().map(|input| input.clone().into_bytes()).collect();
        for file in &self.input_file {
            let read = std::fs::read(file);
            contents.push(read.map_err(|error| {
                Error::new(format!("failed reading input file {file:?}: {}", Error::open(file, &error)))
            })?);
        }
        let metadata = self.metadata(contents.len())?;
        let payload = |(index, content): (usize, Vec<u8>)| self.payload(index, content, &metadata);
        let payloads = contents.into_iter().enumerate().map(payload).collect::<Result<Vec<Payload>>>()?;
        Ok((!payloads.is_empty()).then_some(Payloads { payloads }))
    }

    fn payload(&self, index: usize, content: Vec<u8>, metadata: &[(String, Vec<String>)]) -> Result<Payload> {
        let number = index + 1;
        let mut entries: BTreeMap<String, bytes::Bytes> = [("encoding".into(), "json/plain".into())].into();
        for (key, values) in metadata {
            // The first value stands for every argument that has none of its own.
            let value = values.get(index).unwrap_or(&values[0]);
            entries.insert(key.clone(), value.clone().into());
        }
        let data = if self.input_base64 {
            let text = String::from_utf8_lossy(&content);
            let decoded = STANDARD.decode(text.trim());
            decoded.map_err(|_| Error::new(format!("input #{number} is not valid base64")))?
        } else {
            content
        };
        let json = entries.get("encoding").is_some_and(|encoding| encoding.starts_with(b"json/"));
        if json && serde_json::from_slice::<serde_json::Value>(&data).is_err() {
            return Err(Error::new(format!("input #{number} is not valid JSON")));
        }
        Ok(Payload { metadata: entries, data: data.into(), ..Payload::default() })
    }

    // By key, in the order in which they were given.
    fn metadata(&self, inputs: usize) -> Result<Vec<(String, Vec<String>)>> {
        let mut keys: Vec<(String, Vec<String>)> = Vec::new();
        for pair in &self.input_meta {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| Error::new(format!("metadata {pair} expected to have '='")))?;
            match keys.iter_mut().find(|(known, _)| known == key) {
                Some((_, values)) => values.push(value.into()),
                None => keys.push((key.into(), vec![value.into()])),
            }
        }
        match keys.iter().find(|(_, values)| values.len() > inputs && inputs > 0) {
            Some((key, _)) => {
                Err(Error::new(format!("received more --input-meta flags for key {key:?} than number of inputs")))
            }
            None => Ok(keys),
        }
    }
}

/// One JSON value as a payload.
pub fn json_payload(text: &str) -> Payload {
    Payload {
        metadata: [("encoding".into(), "json/plain".into())].into(),
        data: text.to_owned().into(),
        ..Payload::default()
    }
}

/// KEY=JSON pairs as payloads; `what` names them in errors.
pub fn json_pairs(what: &str, pairs: &[String]) -> Result<BTreeMap<String, Payload>> {
    let mut payloads = BTreeMap::new();
    for pair in pairs {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| Error::new(format!("invalid {what} values: missing expected '=' in {pair:?}")))?;
        serde_json::from_str::<serde_json::Value>(value).map_err(|error| {
            Error::new(format!("invalid {what} values: invalid JSON value for key {key:?}: {error}"))
        })?;
        payloads.insert(key.to_owned(), json_payload(value));
    }
    Ok(payloads)
}

/// KEY=VALUE pairs.
pub fn pairs(what: &str, pairs: &[String]) -> Result<Vec<(String, String)>> {
    let split = |pair: &String| {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| Error::new(format!("invalid {what}: missing expected '=' in {pair:?}")))?;
        Ok((key.to_owned(), value.to_owned()))
    };
    pairs.iter().map(split).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(values: &[&str]) -> Input {
        Input { input: values.iter().map(|value| (*value).to_owned()).collect(), ..Input::default() }
    }

    fn refused(input: &Input) -> String {
        input.payloads().expect_err("refused").to_string()
    }

    #[test]
    fn json_is_passed_on_byte_by_byte() {
        let payloads = input(&["{\"a\": 1}", "2"]).payloads().expect("valid").expect("two");
        let data: Vec<&[u8]> = payloads.payloads.iter().map(|payload| payload.data.as_ref()).collect();
        assert_eq!(data, [b"{\"a\": 1}".as_slice(), b"2"]);
        assert_eq!(input(&[]).payloads(), Ok(None));
    }

    #[test]
    fn what_is_no_json_is_refused_by_number() {
        assert_eq!(refused(&input(&["1", "bad"])), "input #2 is not valid JSON");
    }

    #[test]
    fn metadata_of_the_first_argument_stands_for_all() {
        let mut given = input(&["aGVsbG8=", "eA=="]);
        given.input_base64 = true;
        given.input_meta = vec!["encoding=binary/plain".into()];
        let payloads = given.payloads().expect("valid").expect("two").payloads;
        assert!(payloads.iter().all(|payload| payload.metadata["encoding"] == "binary/plain"));
        assert_eq!(payloads[0].data, "hello");
        given.input_meta = vec!["a=1".into(), "a=2".into(), "a=3".into()];
        assert_eq!(refused(&given), "received more --input-meta flags for key \"a\" than number of inputs");
    }

    #[test]
    fn pairs_need_an_equals_sign_and_json() {
        let pair = |text: &str| json_pairs("memo", &[text.to_owned()]).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(pair("k=\"v\""), Ok(()));
        assert_eq!(pair("bad"), Err("invalid memo values: missing expected '=' in \"bad\"".into()));
        assert!(
            pair("bad=x")
                .expect_err("no JSON")
                .starts_with("invalid memo values: invalid JSON value for key \"bad\": ")
        );
    }
}
