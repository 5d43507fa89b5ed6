//! What a visitor wants pages to look like. Kept in cookies of the browser, which the scripts read as well.

use abide_http::url;
use axum::response::Response;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// See the file's first lines.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Preferences {
    pub(crate) theme: Theme,
    pub(crate) time: TimeFormat,
    /// Where this browser has payloads decoded, if its owner has said so.
    pub(crate) codec: Option<String>,
    /// Whether that is sent the cookies that this browser has of it.
    pub(crate) codec_credentials: bool,
    /// Which columns of lists are shown, as the list keeps it; empty if nothing was chosen.
    pub(crate) columns: String,
    /// The visitor's own views, as the list keeps them.
    pub(crate) views: String,
}

/// Light, dark, or as the system is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// How times are shown.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum TimeFormat {
    #[default]
    Utc,
    Local,
    Relative,
}

pub(crate) const THEME: &str = "abide_theme";
pub(crate) const TIME: &str = "abide_time";
pub(crate) const CODEC: &str = "abide_codec";
pub(crate) const CODEC_CREDENTIALS: &str = "abide_codec_credentials";
pub(crate) const COLUMNS: &str = "abide_columns";
pub(crate) const VIEWS: &str = "abide_views";
/// A browser keeps wishes for a year.
const AGE_SECONDS: u32 = 365 * 86_400;

impl Theme {
    pub(crate) const ALL: [(Self, &str); 3] = [(Self::System, "system"), (Self::Light, "light"), (Self::Dark, "dark")];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(theme, _)| *theme == self).map_or("", |(_, name)| name)
    }
}

impl TimeFormat {
    pub(crate) const ALL: [(Self, &str); 3] =
        [(Self::Utc, "utc"), (Self::Local, "local"), (Self::Relative, "relative")];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }
}

impl Preferences {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let theme = cookie(headers, THEME).unwrap_or_default();
        let time = cookie(headers, TIME).unwrap_or_default();
        Self {
            theme: Theme::ALL.into_iter().find(|(_, name)| *name == theme).map(|(theme, _)| theme).unwrap_or_default(),
            time: TimeFormat::ALL.into_iter().find(|(_, name)| *name == time).map(|(time, _)| time).unwrap_or_default(),
            codec: cookie(headers, CODEC).filter(|codec| is_codec(codec)),
            codec_credentials: cookie(headers, CODEC_CREDENTIALS).as_deref() == Some("true"),
            columns: cookie(headers, COLUMNS).unwrap_or_default(),
            views: cookie(headers, VIEWS).unwrap_or_default(),
        }
    }
}

/// The value of a cookie, decoded.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    url::decoded(value).ok().map(|value| value.into_owned())
}

/// Has the browser keep a wish.
pub(crate) fn keep(response: &mut Response, name: &str, value: &str) {
    let cookie = format!("{name}={}; Path=/; Max-Age={AGE_SECONDS}; SameSite=Strict", url::encoded(value));
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// The address of a codec server for a namespace, for which `{namespace}` stands.
pub(crate) fn of_namespace(codec: &str, namespace: &str) -> String {
    codec.replace("{namespace}", &url::encoded(namespace))
}

/// Whether this can be the address of a codec server.
pub(crate) fn is_codec(address: &str) -> bool {
    origin(&of_namespace(address, "namespace")).is_some()
}

/// The origin of an address that a browser may ask: it becomes part of a page's policy, so it is nothing but that.
pub(crate) fn origin(address: &str) -> Option<String> {
    let uri: http::Uri = address.parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let authority = uri.authority()?.as_str();
    let is_plain = authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    is_plain.then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_say_what_a_visitor_wants_and_nonsense_is_nothing() {
        let of =
            |text: &'static str| Preferences::of(&HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(text))]));
        let wanted = of("a=b; abide_theme=dark; abide_time=local; abide_codec=http%3A%2F%2Flocalhost%3A8081%2Fx");
        let codec = Some("http://localhost:8081/x".to_owned());
        let expected = Preferences { theme: Theme::Dark, time: TimeFormat::Local, codec, ..Preferences::default() };
        assert_eq!(wanted, expected);
        assert_eq!(of("abide_theme=x; abide_time=; abide_codec=javascript:1"), Preferences::default());
    }

    #[test]
    fn a_namespace_stands_where_the_codec_server_wants_it() {
        assert_eq!(of_namespace("https://{namespace}.example/{namespace}", "a b"), "https://a%20b.example/a%20b");
        assert!(is_codec("https://{namespace}.example") && is_codec("http://localhost:1/{namespace}"));
        assert!(!is_codec("{namespace}") && !is_codec("https://{other}.example"));
        // No header is made of a name that is no host.
        assert_eq!(origin(&of_namespace("https://{namespace}.example", "a; b")), None);
    }

    #[test]
    fn only_an_origin_becomes_part_of_a_policy() {
        assert_eq!(origin("https://codec.example:8/p?q").as_deref(), Some("https://codec.example:8"));
        for wrong in ["", "x", "ftp://a", "https://a;script-src *", "https://u@a", "//a"] {
            assert_eq!(origin(wrong), None, "{wrong}");
        }
    }
}
