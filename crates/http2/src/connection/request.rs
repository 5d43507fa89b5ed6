//! From a header block to a request, RFC 9113, 8.3: what must be there, what must not, and in which order.

use http::header::{CONNECTION, CONTENT_LENGTH, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};

use super::HEADERS_MAX;
use crate::hpack::Field;

/// What a header block says.
#[derive(Default)]
pub(crate) struct Fields {
    method: Option<HeaderValue>,
    scheme: Option<HeaderValue>,
    path: Option<HeaderValue>,
    authority: Option<HeaderValue>,
    headers: HeaderMap,
    bytes: usize,
    is_malformed: bool,
}

/// Why a header block is no request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// It breaks a rule.
    Malformed,
    /// It is larger than we take.
    TooLarge,
}

impl Fields {
    /// One field more. `bytes` is its size as HTTP/2 counts it.
    pub(crate) fn add(&mut self, field: Field, bytes: usize) {
        self.bytes += bytes;
        if self.bytes > HEADERS_MAX {
            return;
        }
        let (name, value) = match field {
            Field::Header(name, value) => (name, value),
            Field::Method(value) => return self.pseudo(|fields| &mut fields.method, value),
            Field::Scheme(value) => return self.pseudo(|fields| &mut fields.scheme, value),
            Field::Path(value) => return self.pseudo(|fields| &mut fields.path, value),
            Field::Authority(value) => return self.pseudo(|fields| &mut fields.authority, value),
            Field::Unknown | Field::Malformed => {
                self.is_malformed = true;
                return;
            }
        };
        self.is_malformed |= is_forbidden(&name, &value);
        self.headers.append(name, value);
    }

    // Each at most once, and before all others.
    fn pseudo(&mut self, place: impl Fn(&mut Self) -> &mut Option<HeaderValue>, value: HeaderValue) {
        self.is_malformed |= !self.headers.is_empty() || place(self).is_some();
        *place(self) = Some(value);
    }

    /// The request, and how long its body is said to be.
    pub(crate) fn request(self) -> Result<(Request<()>, Option<u64>), Refused> {
        if self.bytes > HEADERS_MAX {
            return Err(Refused::TooLarge);
        }
        let (false, Some(method), Some(_), Some(path)) = (self.is_malformed, self.method, self.scheme, self.path)
        else {
            return Err(Refused::Malformed);
        };
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| Refused::Malformed)?;
        // Only the path: the authority is of no interest, and reading it costs.
        let uri = Uri::try_from(path.as_bytes()).map_err(|_| Refused::Malformed)?;
        let announced = announced(&self.headers)?;
        let mut request = Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = self.headers;
        if let Some(authority) = self.authority {
            request.headers_mut().entry(http::header::HOST).or_insert(authority);
        }
        Ok((request, announced))
    }

    /// Whether these may stand behind a body.
    pub(crate) fn are_trailers(&self) -> bool {
        let pseudo = [&self.method, &self.scheme, &self.path, &self.authority];
        !self.is_malformed && pseudo.iter().all(|value| value.is_none())
    }
}

// What concerns a connection has its own frames (8.2.2).
fn is_forbidden(name: &HeaderName, value: &HeaderValue) -> bool {
    match *name {
        CONNECTION | TRANSFER_ENCODING | UPGRADE => true,
        TE => value != "trailers",
        _ => matches!(name.as_str(), "keep-alive" | "proxy-connection"),
    }
}

fn announced(headers: &HeaderMap) -> Result<Option<u64>, Refused> {
    let Some(length) = headers.get(CONTENT_LENGTH) else { return Ok(None) };
    let length = length.to_str().ok().and_then(|length| length.parse().ok());
    length.map(Some).ok_or(Refused::Malformed)
}
