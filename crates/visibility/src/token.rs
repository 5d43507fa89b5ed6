//! Page tokens: opaque to callers, and good only for the list that they were given out for.

use abide_model::NamespaceId;
use bytes::Bytes;

use crate::ListError;

const VERSION: u8 = 1;
/// Bytes of the namespace in a row's key: a token does not repeat them.
const NAMESPACE_BYTES: usize = 16;
/// Bytes of the rest of a row's key.
const REST_BYTES: usize = 24;

/// The token that goes on behind the row with this key: `version (1) | rest of the key (24) | checksum (8)`.
pub(crate) fn encode(query: &str, key: &[u8]) -> Vec<u8> {
    debug_assert_eq!(key.len(), NAMESPACE_BYTES + REST_BYTES);
    let mut token = vec![VERSION];
    token.extend_from_slice(&key[NAMESPACE_BYTES..]);
    token.extend_from_slice(&checksum(query, key).to_be_bytes());
    token
}

/// The key to go on behind; none for the first page.
pub(crate) fn decode(namespace: NamespaceId, query: &str, token: &[u8]) -> Result<Option<Bytes>, ListError> {
    if token.is_empty() {
        return Ok(None);
    }
    let Some((&[VERSION], rest)) = token.split_first_chunk() else { return Err(ListError::InvalidPageToken) };
    let Some((rest, sum)) = rest.split_last_chunk() else { return Err(ListError::InvalidPageToken) };
    let key = [&namespace.0.as_bytes()[..], rest].concat();
    if rest.len() != REST_BYTES || u64::from_be_bytes(*sum) != checksum(query, &key) {
        return Err(ListError::InvalidPageToken);
    }
    Ok(Some(key.into()))
}

/// FNV-1a, 64 bits, over the key and the query.
fn checksum(query: &str, key: &[u8]) -> u64 {
    let bytes = key.iter().chain(query.as_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_list_only_and_only_unchanged() {
        let namespace = NamespaceId(uuid::Uuid::from_u128(5));
        let key = [&namespace.0.as_bytes()[..], &[9; REST_BYTES]].concat();
        let token = encode("WorkflowId = 'a'", &key);
        assert_eq!(decode(namespace, "WorkflowId = 'a'", &token).unwrap().unwrap(), key);
        assert!(decode(namespace, "WorkflowId = 'b'", &token).is_err());
        assert!(decode(NamespaceId(uuid::Uuid::from_u128(6)), "WorkflowId = 'a'", &token).is_err());
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] ^= 1;
            assert!(decode(namespace, "WorkflowId = 'a'", &changed).is_err(), "byte {at}");
            assert!(decode(namespace, "WorkflowId = 'a'", &token[..at]).is_err() || at == 0, "cut at {at}");
        }
        assert!(decode(namespace, "", b"").unwrap().is_none());
    }
}
