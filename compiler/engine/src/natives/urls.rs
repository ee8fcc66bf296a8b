//! URLs by the WHATWG URL standard.

use rquickjs::prelude::Opt;
use rquickjs::{Array, Ctx, Object, Result};
use url::form_urlencoded::{Serializer, parse as parse_form};
use url::{Host, Url, quirks};

use crate::sandglass::toolbelt::domains;

/// Says whom the parser asks about domains that are not ASCII.
pub(crate) fn install() {
    idna::install(
        |domain| domains::to_ascii(domain),
        |domain| domains::to_unicode(domain),
    );
}

/// Parses `input`, against `base` where there is one. Returns the parts by their names in the
/// standard's `URL` interface; `undefined` when it is no URL.
pub(super) fn parse<'js>(
    ctx: Ctx<'js>,
    input: String,
    base: Opt<Option<String>>,
) -> Result<Option<Object<'js>>> {
    let url = match base.0.flatten() {
        Some(base) => Url::parse(&base).and_then(|base| base.join(&input)),
        None => Url::parse(&input),
    };
    url.ok().map(|url| describe(&ctx, &url)).transpose()
}

/// Sets one part by the rules of the `URL` interface, which ignores most values that do not fit.
/// Returns the parts; `undefined` when `part` is `href` and `value` no URL.
pub(super) fn set<'js>(
    ctx: Ctx<'js>,
    href: String,
    part: String,
    value: String,
) -> Result<Option<Object<'js>>> {
    let mut url = Url::parse(&href).expect("an href that `parse` returned");
    let set = match part.as_str() {
        "href" => quirks::set_href(&mut url, &value).map_err(|_| ()),
        "protocol" => quirks::set_protocol(&mut url, &value).or(Ok(())),
        "username" => quirks::set_username(&mut url, &value).or(Ok(())),
        "password" => quirks::set_password(&mut url, &value).or(Ok(())),
        "host" => quirks::set_host(&mut url, &value).or(Ok(())),
        "hostname" => quirks::set_hostname(&mut url, &value).or(Ok(())),
        "port" => quirks::set_port(&mut url, &value).or(Ok(())),
        "pathname" => {
            quirks::set_pathname(&mut url, &value);
            Ok(())
        }
        "search" => {
            quirks::set_search(&mut url, &value);
            Ok(())
        }
        _ => {
            quirks::set_hash(&mut url, &value);
            Ok(())
        }
    };
    set.ok().map(|()| describe(&ctx, &url)).transpose()
}

fn describe<'js>(ctx: &Ctx<'js>, url: &Url) -> Result<Object<'js>> {
    let parts = Object::new(ctx.clone())?;
    parts.set("href", quirks::href(url))?;
    parts.set("origin", quirks::origin(url))?;
    parts.set("protocol", quirks::protocol(url))?;
    parts.set("username", quirks::username(url))?;
    parts.set("password", quirks::password(url))?;
    parts.set("host", quirks::host(url))?;
    parts.set("hostname", quirks::hostname(url))?;
    parts.set("port", quirks::port(url))?;
    parts.set("pathname", quirks::pathname(url))?;
    parts.set("search", quirks::search(url))?;
    parts.set("hash", quirks::hash(url))?;
    Ok(parts)
}

/// `[name, value, …]` of an `application/x-www-form-urlencoded` text.
pub(super) fn form_parse<'js>(ctx: Ctx<'js>, text: String) -> Result<Array<'js>> {
    let flat = Array::new(ctx)?;
    for (at, (name, value)) in parse_form(text.as_bytes()).enumerate() {
        flat.set(2 * at, &*name)?;
        flat.set(2 * at + 1, &*value)?;
    }
    Ok(flat)
}

/// The reverse of `form_parse`.
pub(super) fn form_serialize(flat: Vec<String>) -> String {
    let pairs = flat.chunks_exact(2).map(|pair| (&pair[0], &pair[1]));
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The ASCII form of a domain; empty when it is none.
pub(super) fn domain_to_ascii(domain: String) -> String {
    parse_domain(&domain).map_or_else(String::new, |host| host.to_string())
}

/// The Unicode form of a domain; empty when it is none.
pub(super) fn domain_to_unicode(domain: String) -> String {
    match parse_domain(&domain) {
        Some(Host::Domain(domain)) => quirks::domain_to_unicode(&domain),
        Some(address) => address.to_string(),
        None => String::new(),
    }
}

fn parse_domain(domain: &str) -> Option<Host> {
    Host::parse(domain).ok()
}
