//! What Buffers do by natives is what Node.js does, also with odd bytes and halves of characters.

use serde_json::json;

use crate::harness::{check, lambda, returned};

#[test]
fn every_encoding_goes_there_and_back() {
    check(
        lambda(
            "const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7919) & 255));
             const back = encoding => Buffer.from(bytes.toString(encoding), encoding).equals(bytes);
             callback(null, ['hex', 'base64', 'base64url', 'latin1', 'binary', 'utf16le'].map(back));",
        ),
        returned(json!([true, true, true, true, true, true])),
    );
}

#[test]
fn what_is_malformed_is_read_as_node_reads_it() {
    check(
        lambda(
            r"const hex = (text, encoding) => Buffer.from(text, encoding).toString('hex');
              callback(null, [
                hex('616g62', 'hex'), hex('abc', 'hex'), hex('YW\nI_-=x', 'base64'), hex('Y', 'base64'),
                hex('\u00e9\u20ac', 'latin1'), hex('\ud83d', 'latin1'), hex('a\ud83d', 'utf16le'),
                Buffer.from('3dd800', 'hex').toString('utf16le') === '\ud83d', Buffer.from('e9ff', 'hex').toString('ascii'),
              ]);",
        ),
        returned(json!([
            "61", "ab", "61623f", "", "e9ac", "3d", "61003dd8", true, "i\u{7f}"
        ])),
    );
}

#[test]
fn a_buffer_is_written_as_far_as_there_is_room() {
    check(
        lambda(
            "const made = (text, ...rest) => { const buffer = Buffer.alloc(5); const count = buffer.write(text, ...rest); return [count, buffer.toString('hex')]; };
             callback(null, [made('abcdef', 'latin1'), made('61626364656667', 1, 'hex'), made('abc', 'utf16le'), made('YWJjZGVm', 2, 2, 'base64'), made('€€', 'utf8')]);",
        ),
        returned(json!([
            [5, "6162636465"],
            [4, "0061626364"],
            [4, "6100620000"],
            [2, "0000616200"],
            [3, "e282ac0000"]
        ])),
    );
}

#[test]
fn bytes_are_found_from_either_end() {
    check(
        lambda(
            "const bytes = Buffer.from('abcabcab'), wide = Buffer.from('\\u0161a\\u6100', 'utf16le');
             callback(null, [
               bytes.indexOf('ab'), bytes.indexOf('ab', 1), bytes.indexOf('ab', -2), bytes.indexOf('x'), bytes.indexOf(''),
               bytes.lastIndexOf('ab'), bytes.lastIndexOf('ab', 5), bytes.lastIndexOf('ca', 0), bytes.includes('cab'),
               wide.indexOf('a', 0, 'utf16le'), wide.indexOf('\\u6100', 0, 'utf16le'), bytes.indexOf(Buffer.from('bc'), 2),
             ]);",
        ),
        returned(json!([0, 3, 6, -1, 0, 6, 3, -1, true, 2, 4, 4])),
    );
}

#[test]
fn bytes_are_compared_and_filled() {
    check(
        lambda(
            "const a = Buffer.from('abc'), b = Buffer.from('abd');
             callback(null, [
               a.compare(b), b.compare(a), a.equals(Buffer.from('abc')), Buffer.compare(a, Buffer.from('ab')), a.compare(b, 0, 2, 0, 2),
               Buffer.alloc(7, 'xyz').toString(), Buffer.alloc(5).fill(258).toString('hex'), Buffer.alloc(6).fill('ab', 1, 4).toString('hex'),
               Buffer.alloc(3, '6162', 'hex').toString(),
             ]);",
        ),
        returned(json!([-1, 1, true, 1, 0, "xyzxyzx", "0202020202", "006162610000", "aba"])),
    );
}

#[test]
fn what_is_too_long_is_a_range_error() {
    check(
        lambda(
            "const { MAX_STRING_LENGTH, MAX_LENGTH } = require('buffer').constants;
             const told = (make) => { try { return make().length; } catch (error) { return `${error}`; } };
             callback(null, [
               told(() => ' '.repeat(MAX_STRING_LENGTH + 1)), told(() => ''.padEnd(MAX_STRING_LENGTH + 1)),
               told(() => new ArrayBuffer(MAX_LENGTH)), told(() => ' '.repeat(1000)),
             ]);",
        ),
        returned(json!([
            "RangeError: Invalid string length",
            "RangeError: Invalid string length",
            "RangeError: Array buffer allocation failed",
            1000
        ])),
    );
}
