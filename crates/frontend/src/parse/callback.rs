//! Completion callbacks of a request: how many, how large, and where to.

use abide_api::temporal::api::common::v1::{Callback, Link, callback::Variant};
use abide_engine::run::callback_links;
use abide_model::settings::{CallbackAddress, CallbackLimits};
use abide_model::{Settings, Url, wildcard};

use crate::status::Refusal;

/// Addresses of the server itself: they need no permission.
const OWN: [&str; 2] = ["temporal://system", "temporal://internal"];

/// The callbacks as they are kept: names of header fields in small letters.
pub fn parse(callbacks: Vec<Callback>, settings: &Settings) -> Result<Vec<Callback>, Refusal> {
    let bounds = settings.limits.callbacks;
    let max = bounds.per_run_max;
    if callbacks.len() > max {
        return refuse(format!("cannot attach more than {max} callbacks to an execution"));
    }
    callbacks.into_iter().map(|callback| one(callback, bounds, &settings.callback_addresses)).collect()
}

/// The links of a request that none of its callbacks brings as well.
pub fn without_callback_links(links: Vec<Link>, callbacks: &[Callback]) -> Vec<Link> {
    links.into_iter().filter(|link| callback_links(callbacks).all(|other| other != link)).collect()
}

fn one(mut callback: Callback, bounds: CallbackLimits, allowed: &[CallbackAddress]) -> Result<Callback, Refusal> {
    let nexus = match &mut callback.variant {
        Some(Variant::Nexus(nexus)) => nexus,
        Some(Variant::Internal(_)) => {
            return refuse("unsupported callback variant: *common.Callback_Internal_".into());
        }
        // The reference server does not know the one, and says so of both.
        Some(Variant::NexusHandler(_)) | None => {
            return Err(Refusal::NotSupported("unknown callback variant: <nil>"));
        }
    };
    let max = bounds.url_bytes_max;
    if nexus.url.len() > max {
        return refuse(format!("invalid url: url length longer than max length allowed of {max}"));
    }
    check_address(&nexus.url, allowed)?;
    let bytes: usize = nexus.header.iter().map(|(name, value)| name.len() + value.len()).sum();
    let max = bounds.header_bytes_max;
    if bytes > max {
        return refuse(format!("invalid header: header size longer than max allowed size of {max}"));
    }
    nexus.header =
        std::mem::take(&mut nexus.header).into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    Ok(callback)
}

fn check_address(address: &str, allowed: &[CallbackAddress]) -> Result<(), Refusal> {
    if OWN.contains(&address) {
        return Ok(());
    }
    let url = match Url::parse(address) {
        Ok(url) => url,
        Err(why) => return refuse(format!("invalid callback url: {why}")),
    };
    if url.scheme != "http" && url.scheme != "https" {
        return refuse(format!("invalid url: unknown scheme: {url}"));
    }
    if url.host.is_empty() {
        return Err(Refusal::invalid("invalid url: missing host"));
    }
    match allowed.iter().find(|rule| wildcard::matches(&rule.pattern, &url.host)) {
        Some(rule) if rule.allow_insecure || url.scheme == "https" => Ok(()),
        Some(_) => refuse(format!("invalid url: callback address does not allow insecure connections: {url}")),
        None => refuse(format!("invalid url: url does not match any configured callback address: {url}")),
    }
}

fn refuse<T>(text: String) -> Result<T, Refusal> {
    Err(Refusal::Invalid(text.into()))
}
