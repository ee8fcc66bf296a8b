//! `URLPattern` is that of the WHATWG's URL Pattern standard.

use serde_json::{Value, json};

use crate::harness::{check, lambda, returned};

#[track_caller]
fn gives(body: &str, expected: Value) {
    let helpers = "const groups = (result) => result && Object.fromEntries(Object.entries(result)
          .filter(([name]) => name !== 'inputs')
          .flatMap(([, { groups }]) => Object.entries(groups).filter(([group]) => !/^\\d/.test(group))
            .map(([group, text]) => [group, text ?? null])));
        const refusal = (make) => { try { make(); return ['none']; } catch (error) { return [error.name, error.code ?? null]; } };";
    check(
        lambda(&format!("{helpers} callback(null, (() => {{ {body} }})())")),
        returned(expected),
    );
}

/// Which of the URLs match, of those that do and those that do not.
#[track_caller]
fn matches(pattern: &str, matching: &[&str], others: &[&str]) {
    let body = format!(
        "const pattern = new URLPattern({pattern}); const test = (url) => pattern.test(url);
         return [{}.filter((url) => !test(url)), {}.filter(test)]",
        json!(matching),
        json!(others)
    );
    gives(&body, json!([[], []]));
}

#[test]
fn the_examples_of_the_standard_match_what_it_says() {
    matches(
        "'https://example.com/:category/*'",
        &[
            "https://example.com/products/",
            "https://example.com/blog/our-greatest-product-ever",
        ],
        &[
            "https://example.com/",
            "http://example.com/products/",
            "https://example.com:8443/blog/our-greatest-product-ever",
        ],
    );
    matches(
        "'http{s}?://{:subdomain.}?shop.example/products/:id([0-9]+)#reviews'",
        &[
            "https://shop.example/products/74205#reviews",
            "https://kathryn@voyager.shop.example/products/74656#reviews",
            "http://insecure.shop.example/products/1701#reviews",
        ],
        &[
            "https://shop.example/products/2000",
            "http://shop.example:8080/products/0#reviews",
            "https://nx.01.shop.example/products/01#reviews",
            "https://shop.example/products/chair#reviews",
        ],
    );
    matches(
        "'../admin/*', 'https://discussion.example/forum/?page=2'",
        &["https://discussion.example/admin/"],
        &[
            "https://discussion.example/forum/admin/",
            "http://discussion.example:8080/admin/update?id=1",
        ],
    );
}

#[test]
fn a_pattern_is_made_of_a_text_or_of_parts_with_or_without_a_base() {
    gives(
        "const base = 'https://example.com:8080/a/x?y';
         return [new URLPattern().pathname, new URLPattern('https://example.com/a/:b?').pathname, new URLPattern('/a/*', base).port,
           new URLPattern({ pathname: 'b/:c', baseURL: base }).pathname, new URLPattern({ hostname: '{:sub.}?example.com' }).hostname,
           new URLPattern({ pathname: '/caf\\u00e9 1' }).pathname, new URLPattern({ protocol: 'https', port: '443' }).port,
           new URLPattern('data\\\\:foobar').pathname, new URLPattern('https://[\\\\:\\\\:1]').hostname, String(new URLPattern())]",
        json!([
            "*",
            "/a/:b?",
            "8080",
            "/a/b/:c",
            "{:sub.}?example.com",
            "/caf%C3%A9%201",
            "",
            "foobar",
            "[\\:\\:1]",
            "[object URLPattern]"
        ]),
    );
}

#[test]
fn what_matches_is_told_by_its_groups() {
    gives(
        "const pattern = new URLPattern({ hostname: '{:sub.}?example.com', pathname: '/:a{/:b}?/*.:ext(png|jpg)' });
         const { inputs, pathname } = pattern.exec('https://cdn.example.com/x/y/z.png');
         return [inputs, pathname, groups(pattern.exec('https://example.com/x/z.jpg')), pattern.exec('https://example.com/x/z.gif'),
           groups(new URLPattern({ pathname: '/:path+' }).exec({ pathname: '/a/b/c' })),
           new URLPattern({ pathname: '/:id' }).exec('/7', 'https://a.example').inputs]",
        json!([
            ["https://cdn.example.com/x/y/z.png"],
            { "input": "/x/y/z.png", "groups": { "0": "z", "a": "x", "b": "y", "ext": "png" } },
            { "sub": null, "a": "x", "b": null, "ext": "jpg" },
            null,
            { "path": "a/b/c" },
            ["/7", "https://a.example"]
        ]),
    );
}

#[test]
fn capitals_count_unless_they_are_to_be_ignored() {
    gives(
        "const url = 'https://example.com/foo?Q#H';
         return [new URLPattern('https://EXAMPLE.com/Foo?q#h').test(url), new URLPattern('https://EXAMPLE.com/Foo?q#h', { ignoreCase: true }).test(url),
           new URLPattern('/Foo', 'https://example.com', { ignoreCase: true }).test('https://example.com/foO'),
           new URLPattern({ pathname: '/Foo' }, { ignoreCase: true }).test({ pathname: '/fOO' })]",
        json!([false, true, true, true]),
    );
}

#[test]
fn a_pattern_says_whether_it_has_regular_expressions() {
    gives(
        "return ['/:a/*', '/:a(\\\\d+)', '/(.*)', '/([^\\\\/]+?)'].map((pathname) => new URLPattern({ pathname, protocol: 'https' }).hasRegExpGroups)",
        json!([false, true, false, false]),
    );
}

#[test]
fn what_is_no_pattern_is_refused_and_what_is_no_url_does_not_match() {
    gives(
        "const pattern = new URLPattern({ pathname: '/:a' });
         return [['/foo'], [{ pathname: '/(' }], [{ pathname: '/:a/:a' }], [{ pathname: '/([[a-z]--a])' }], [{}, 'https://a.example'], [{ port: 'x' }],
             ['/a', 'no base'], [{ hostname: 'bad\\\\:host' }]].map((given) => refusal(() => new URLPattern(...given)).join(' '))
           .filter((told) => told !== 'TypeError ERR_INVALID_URL_PATTERN')
           .concat([pattern.test('no url'), pattern.exec({ pathname: '/a', baseURL: 'none' }), pattern.test()],
             refusal(() => pattern.test({}, 'https://a.example'))[0], refusal(() => URLPattern({}))[0])",
        json!([false, null, false, "TypeError", "TypeError"]),
    );
}

#[test]
fn the_module_url_has_it_too() {
    gives(
        "return [require('url').URLPattern === URLPattern, Object.keys(Object.getOwnPropertyDescriptor(globalThis, 'URLPattern')).length,
           'URLPattern' in globalThis, Object.keys(globalThis).includes('URLPattern')]",
        json!([true, 4, true, false]),
    );
}
