//! Texts in every encoding and names in every script are read as the standards of the web have it.

use serde_json::json;

use crate::harness::node::same_as_in_node;
use crate::harness::{check, lambda, returned};

#[test]
fn a_decoder_knows_the_encodings_of_old() {
    let body = "const read = (label, ...bytes) => new TextDecoder(label).decode(Uint8Array.from(bytes));
        return [read('shift_jis', 0x93, 0xfa, 0x96, 0x7b), read('euc-jp', 0xc6, 0xfc), read('gbk', 0xd6, 0xd0), read('gb18030', 0x81, 0x30, 0x81, 0x30),
          read('big5', 0xa4, 0xa4), read('euc-kr', 0xc7, 0xd1), read('koi8-r', 0xcd), read('windows-1251', 0xef), read('iso-8859-2', 0xb1),
          read('iso-2022-jp', 0x1b, 0x24, 0x42, 0x46, 0x7c), read('macintosh', 0x80), new TextDecoder('sjis').encoding]";
    same_as_in_node(body);
}

#[test]
fn a_character_may_come_in_pieces() {
    let body = "const pieces = (label, bytes) => {
            const decoder = new TextDecoder(label);
            return bytes.map(byte => decoder.decode(Uint8Array.of(byte), { stream: true })).join('') + decoder.decode();
        };
        const jis = [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42, 0x61];
        return [pieces('shift_jis', [0x93, 0xfa, 0x96, 0x7b, 0x41]), pieces('gb18030', [0x81, 0x30, 0x81, 0x30]), pieces('iso-2022-jp', jis), pieces('big5', [0xa4])]";
    same_as_in_node(body);
}

#[test]
fn what_is_malformed_is_replaced_or_refused() {
    let code = "const fatal = new TextDecoder('shift_jis', { fatal: true });
                let said;
                try { fatal.decode(Uint8Array.of(0x82)); } catch (error) { said = [error.name, error.code]; }
                let unknown;
                try { new TextDecoder('hz-gb-2312'); } catch (error) { unknown = error.name; }
                callback(null, [new TextDecoder('shift_jis').decode(Uint8Array.of(0x82)), said, unknown, fatal.decode(Uint8Array.of(0x41))])";
    check(
        lambda(code),
        returned(json!([
            "\u{FFFD}",
            ["TypeError", "ERR_ENCODING_INVALID_ENCODED_DATA"],
            "RangeError",
            "A"
        ])),
    );
}

#[test]
fn a_domain_is_read_by_all_rules_of_uts_46() {
    let body = "const host = name => { try { return new URL('http://' + name).hostname; } catch (error) { return error.code; } };
        const { domainToASCII, domainToUnicode } = require('url');
        return [host('Faß.de'), host('日本語。JP'), host('xn--a'), host('xn--fa-hia.de'), host('a\\u00ad.de'), host('\\u0627a.de'), host('a\\u200db'),
          host('EXAMPLE.com'), host('a b'), host('xn--zn7c.com'), domainToASCII('español.com'), domainToUnicode('xn--espaol-zwa.com')]";
    same_as_in_node(body);
}
