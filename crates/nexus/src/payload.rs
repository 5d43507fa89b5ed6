//! A payload as the content of a message: plain where the kind of content says it all, otherwise the whole payload.

use abide_api::temporal::api::common::v1::Payload;
use bytes::Bytes;
use prost::Message;

/// Content, and the header fields that say what it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Names in small letters, and values.
    pub header: Vec<(String, String)>,
    /// The body.
    pub data: Bytes,
}

/// A result as content; no result is no content.
pub fn content(payload: Option<&Payload>) -> Content {
    let Some(payload) = payload else { return Content::default() };
    let metadata = |name: &str| payload.metadata.get(name).map_or(&[][..], |value| value.as_ref());
    let data = payload.data.clone();
    let plain = |kind: String| Content { header: vec![("content-type".into(), kind)], data: data.clone() };
    let message_type = || String::from_utf8_lossy(metadata("messageType")).into_owned();
    match (metadata("encoding"), payload.metadata.len()) {
        (b"json/plain", 1) => plain("application/json".into()),
        (b"binary/plain", 1) => plain("application/octet-stream".into()),
        (b"binary/null", 1) => Content { data, ..Content::default() },
        (b"json/protobuf", 2) if !message_type().is_empty() => {
            plain(format!("application/json; format=protobuf; message-type={:?}", message_type()))
        }
        (b"binary/protobuf", 2) if !message_type().is_empty() => {
            plain(format!("application/x-protobuf; message-type={:?}", message_type()))
        }
        (b"unknown/nexus-content", _) => {
            let others = payload.metadata.iter().filter(|(name, _)| *name != "encoding");
            let field = |(name, value): (&String, &Bytes)| {
                (format!("content-{name}"), String::from_utf8_lossy(value).into_owned())
            };
            Content { header: others.map(field).collect(), data }
        }
        _ => Content {
            header: vec![("content-type".into(), "application/x-temporal-payload".into())],
            data: payload.encode_to_vec().into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(metadata: &[(&str, &'static str)]) -> Payload {
        let metadata = metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        Payload { metadata, data: "abc".into(), ..Payload::default() }
    }

    // Every line was asked of the reference server.
    #[test]
    fn plain_content_is_plain_and_everything_else_is_whole() {
        for (metadata, kind) in [
            (&[("encoding", "json/plain")][..], "application/json"),
            (&[("encoding", "binary/plain")], "application/octet-stream"),
            (
                &[("encoding", "json/protobuf"), ("messageType", "a.B")],
                "application/json; format=protobuf; message-type=\"a.B\"",
            ),
        ] {
            let content = content(Some(&payload(metadata)));
            assert_eq!(content.header, [("content-type".to_owned(), kind.to_owned())]);
            assert_eq!(content.data, "abc");
        }
        for metadata in [&[][..], &[("encoding", "json/plain"), ("x", "y")], &[("encoding", "json/protobuf")]] {
            let payload = payload(metadata);
            let content = content(Some(&payload));
            assert_eq!(content.header, [("content-type".to_owned(), "application/x-temporal-payload".to_owned())]);
            assert_eq!(Payload::decode(content.data), Ok(payload));
        }
        assert_eq!(content(None), Content::default());
        assert!(content(Some(&payload(&[("encoding", "binary/null")]))).header.is_empty());
    }

    #[test]
    fn what_came_from_outside_goes_out_as_it_came() {
        let content = content(Some(&payload(&[("encoding", "unknown/nexus-content"), ("type", "image/png")])));
        assert_eq!(content.header, [("content-type".to_owned(), "image/png".to_owned())]);
    }
}
