//! Page tokens: opaque to callers, and good only for the query and the namespace that they were given out for.
//! `version (1) | hash of namespace and query (8) | place | checksum (8)`.

use abide_model::NamespaceId;
use abide_store::search::{Cursor, Value};
use bytes::{Buf, BufMut};

use crate::ListError;

const VERSION: u8 = 2;
/// Bytes of a row's key without the namespace.
const KEY_BYTES: usize = 24;

/// The token that goes on behind a place.
pub(crate) fn encode(namespace: NamespaceId, query: &str, place: &Cursor) -> Vec<u8> {
    let mut token = vec![VERSION];
    token.put_u64(hash(&[namespace.0.as_bytes(), query.as_bytes()]));
    token.put_slice(&place.key);
    for value in &place.values {
        match value {
            None => token.put_u8(0),
            Some(Value::Text(text)) => {
                token.put_u8(1);
                token.put_u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
                token.put_slice(text.as_bytes());
            }
            Some(Value::Number(number)) => {
                token.put_u8(2);
                token.put_i64(*number);
            }
            Some(Value::Real(real)) => {
                token.put_u8(3);
                token.put_f64(*real);
            }
            Some(Value::Bool(value)) => token.put_u8(if *value { 5 } else { 4 }),
        }
    }
    let sum = hash(&[&token]);
    token.put_u64(sum);
    token
}

/// The place to go on behind; none for the first page.
pub(crate) fn decode(namespace: NamespaceId, query: &str, token: &[u8]) -> Result<Option<Cursor>, ListError> {
    if token.is_empty() {
        return Ok(None);
    }
    let Some((said, sum)) = token.split_last_chunk() else { return Err(ListError::InvalidPageToken) };
    let Some((&[VERSION], rest)) = said.split_first_chunk() else { return Err(ListError::InvalidPageToken) };
    let Some((of, rest)) = rest.split_first_chunk() else { return Err(ListError::InvalidPageToken) };
    if u64::from_be_bytes(*sum) != hash(&[said]) {
        return Err(ListError::InvalidPageToken);
    }
    if u64::from_be_bytes(*of) != hash(&[namespace.0.as_bytes(), query.as_bytes()]) {
        return Err(ListError::OtherPageToken);
    }
    place(rest).map(Some).ok_or(ListError::InvalidPageToken)
}

fn place(mut rest: &[u8]) -> Option<Cursor> {
    let (key, behind) = rest.split_at_checked(KEY_BYTES)?;
    rest = behind;
    let mut values = Vec::new();
    while rest.has_remaining() {
        values.push(match rest.get_u8() {
            0 => None,
            1 => {
                let length = usize::try_from(rest.try_get_u32().ok()?).ok()?;
                let (text, behind) = rest.split_at_checked(length)?;
                rest = behind;
                Some(Value::Text(String::from_utf8(text.to_vec()).ok()?))
            }
            2 => Some(Value::Number(rest.try_get_i64().ok()?)),
            3 => Some(Value::Real(rest.try_get_f64().ok()?)),
            4 => Some(Value::Bool(false)),
            5 => Some(Value::Bool(true)),
            _ => return None,
        });
    }
    Some(Cursor { values, key: key.to_vec() })
}

/// FNV-1a, 64 bits, over the parts and their lengths.
fn hash(parts: &[&[u8]]) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    parts.iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| {
        let length = (part.len() as u64).to_be_bytes();
        length.iter().chain(*part).fold(hash, |hash, byte| step(hash, *byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_list_only_and_only_unchanged() {
        let namespace = NamespaceId(uuid::Uuid::from_u128(5));
        let values = [Some(Value::Number(-5)), None, Some(Value::Text("ü".into())), Some(Value::Real(1.5))];
        let values = values.into_iter().chain([Some(Value::Bool(true)), Some(Value::Bool(false))]).collect();
        let place = Cursor { values, key: vec![9; KEY_BYTES] };
        let token = encode(namespace, "WorkflowId = 'a'", &place);
        assert_eq!(decode(namespace, "WorkflowId = 'a'", &token).unwrap().unwrap(), place);
        let other = decode(namespace, "WorkflowId = 'b'", &token);
        assert!(matches!(other, Err(ListError::OtherPageToken)));
        let other = decode(NamespaceId(uuid::Uuid::from_u128(6)), "WorkflowId = 'a'", &token);
        assert!(matches!(other, Err(ListError::OtherPageToken)));
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] ^= 1;
            let refused = |token: &[u8]| matches!(decode(namespace, "", token), Err(ListError::InvalidPageToken));
            assert!(refused(&changed), "byte {at}");
            assert!(refused(&token[..at]) || at == 0, "cut at {at}");
        }
        assert!(decode(namespace, "", b"").unwrap().is_none());
    }
}
