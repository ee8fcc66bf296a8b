//! How is the document shown to a person?
//!
//! One page without scripts: chapters, and in each the operations, which unfold.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

const HEAD: &str = include_str!("page/head.html");

/// The page.
pub(super) fn render(document: &Value) -> String {
    let mut chapters: BTreeMap<&str, Vec<(&str, &str, &Value)>> = BTreeMap::new();
    for (path, methods) in members(&document["paths"]) {
        for (method, operation) in members(methods) {
            let chapter = operation["tags"][0].as_str().unwrap_or_default();
            let operations = chapters.entry(chapter).or_default();
            operations.push((method, path, operation));
        }
    }
    let mut page = HEAD.to_owned();
    for (chapter, operations) in chapters {
        _ = write!(page, "<section><h2>{}</h2>", escape(chapter));
        for (method, path, operation) in operations {
            page.push_str(&shown(method, path, operation, document));
        }
        page.push_str("</section>");
    }
    page.push_str("</main></body></html>");
    page
}

fn shown(method: &str, path: &str, operation: &Value, document: &Value) -> String {
    let mut out = format!(
        "<details><summary><b class=\"{method}\">{}</b> <code>{}</code> <span>{}</span></summary>",
        method.to_ascii_uppercase(),
        escape(path),
        escape(operation["summary"].as_str().unwrap_or_default()),
    );
    match operation["x-needs"].as_str() {
        Some(needs) => {
            _ = write!(
                out,
                "<p>Needs a token that allows <i>{}</i>.</p>",
                escape(needs)
            )
        }
        None => _ = write!(out, "<p>{}</p>", door(operation)),
    }
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        _ = write!(
            out,
            "<p><code>{}</code> in the {}. {}</p>",
            escape(parameter["name"].as_str().unwrap_or_default()),
            escape(parameter["in"].as_str().unwrap_or_default()),
            escape(parameter["description"].as_str().unwrap_or_default()),
        );
    }
    for (kind, takes) in members(&operation["requestBody"]["content"]) {
        let what = match kind {
            "application/json" => "Takes".to_owned(),
            kind => format!("Takes {kind}"),
        };
        out.push_str(&schema(&what, &takes["schema"], document));
    }
    let responses = || members(&operation["responses"]);
    let is_failure = |response: &Value| response["$ref"].is_string();
    for (status, response) in responses().filter(|(_, response)| !is_failure(response)) {
        let answers = &response["content"]["application/json"]["schema"];
        match status {
            "default" => {}
            _ if answers.is_null() => _ = write!(out, "<p>Answers {status}.</p>"),
            _ => out.push_str(&schema(&format!("Answers {status}"), answers, document)),
        }
    }
    let failures = responses().filter(|(_, response)| is_failure(response));
    let failures: Vec<_> = failures.map(|(status, _)| status).collect();
    if !failures.is_empty() {
        _ = write!(out, "<p>Can fail with {}.</p>", failures.join(", "));
    }
    out.push_str("</details>");
    out
}

/// What opens an operation that needs no leave.
fn door(operation: &Value) -> String {
    let alternatives = operation["security"].as_array().into_iter().flatten();
    let names: Vec<_> = alternatives
        .map(|scheme| members(scheme).next().map_or("nothing", |(name, _)| name))
        .collect();
    match names.as_slice() {
        [] => "Needs no token.".to_owned(),
        names => format!("Opened by: {}.", escape(&names.join(" or "))),
    }
}

fn schema(what: &str, schema: &Value, document: &Value) -> String {
    if schema.is_null() {
        return String::new();
    }
    let reference = |value: &Value| value["$ref"].as_str().map(str::to_owned);
    let inner = reference(schema).or_else(|| reference(&schema["items"]));
    let named = inner.and_then(|text| document.pointer(text.trim_start_matches('#')).cloned());
    let text = |value: &Value| escape(&format!("{value:#}"));
    let mut out = format!("<p>{what}:</p><pre>{}</pre>", text(schema));
    if let Some(named) = named {
        _ = write!(out, "<pre>{}</pre>", text(&named));
    }
    out
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.as_str(), value))
}

/// Text that is safe between tags (HTML, section 13.1.2).
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operation_is_shown_with_its_needs_and_nothing_in_it_is_a_tag() {
        let document = json!({ "paths": { "/a/{b}": { "get": {
            "tags": ["a"], "summary": "reads <a>", "x-needs": "ReadLambdas",
            "responses": { "204": { "description": "done" } },
        } } } });
        let page = render(&document);
        assert!(page.contains("<b class=\"get\">GET</b> <code>/a/{b}</code>"));
        assert!(page.contains("reads &lt;a&gt;"));
        assert!(page.contains("allows <i>ReadLambdas</i>"));
        assert!(page.contains("Answers 204."));
    }
}
