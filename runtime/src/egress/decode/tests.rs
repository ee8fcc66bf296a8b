use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

const TEXT: &[u8] = b"How does a body become whole without becoming too large?";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn decode_in(
    chunk_bytes: usize,
    encoding: Encoding,
    encoded: &[u8],
    max: usize,
) -> Result<Vec<u8>, HttpError> {
    let mut decoder = Decoder::new(encoding, max);
    for chunk in encoded.chunks(chunk_bytes) {
        decoder.write(chunk)?;
    }
    decoder.finish()
}

fn decode(encoding: Encoding, encoded: &[u8]) -> Result<Vec<u8>, HttpError> {
    let whole = decode_in(encoded.len().max(1), encoding, encoded, 1 << 20);
    let bytewise = decode_in(1, encoding, encoded, 1 << 20);
    assert_eq!(whole, bytewise);
    whole
}

#[test]
fn each_encoding_is_decoded_however_it_is_cut() {
    assert_eq!(decode(Encoding::Identity, TEXT).as_deref(), Ok(TEXT));
    assert_eq!(decode(Encoding::Gzip, &gzip(TEXT)).as_deref(), Ok(TEXT));
    assert_eq!(decode(Encoding::Deflate, &zlib(TEXT)).as_deref(), Ok(TEXT));
    assert_eq!(
        decode(Encoding::Deflate, &raw_deflate(TEXT)).as_deref(),
        Ok(TEXT)
    );
}

#[test]
fn large_bodies_are_decoded_whole() {
    let large: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let encoded = gzip(&large);
    for chunk_bytes in [1_000, 65_536, encoded.len()] {
        let decoded = decode_in(chunk_bytes, Encoding::Gzip, &encoded, large.len());
        assert_eq!(decoded.as_deref(), Ok(&large[..]));
    }
    let decoded = decode_in(1_000, Encoding::Deflate, &zlib(&large), large.len());
    assert_eq!(decoded.as_deref(), Ok(&large[..]));
}

#[test]
fn an_empty_body_needs_no_stream() {
    for encoding in [Encoding::Identity, Encoding::Gzip, Encoding::Deflate] {
        assert_eq!(decode(encoding, b""), Ok(Vec::new()));
    }
}

#[test]
fn a_body_is_bounded_at_its_limit_and_one_past_it() {
    let body = vec![0; 1 << 22];
    for (encoding, encoded) in [
        (Encoding::Identity, body.clone()),
        (Encoding::Gzip, gzip(&body)),
        (Encoding::Deflate, zlib(&body)),
        (Encoding::Deflate, raw_deflate(&body)),
    ] {
        let at = decode_in(4_096, encoding, &encoded, body.len());
        assert_eq!(at.map(|decoded| decoded.len()), Ok(body.len()));
        let past = decode_in(4_096, encoding, &encoded, body.len() - 1);
        assert_eq!(past, Err(HttpError::ResponseTooLarge));
    }
}

#[test]
fn a_decoder_never_holds_more_than_its_bound() {
    let bomb = gzip(&vec![0; 1 << 24]);
    let mut decoder = Decoder::new(Encoding::Gzip, 1 << 16);
    assert_eq!(decoder.write(&bomb), Err(HttpError::ResponseTooLarge));
    let Stream::Gzip(stream) = &decoder.stream else {
        panic!("still decoding")
    };
    assert!(stream.get_ref().bytes.len() <= 1 << 16);
}

#[test]
fn a_stream_that_decodes_to_nothing_ends_too() {
    let empty_members = gzip(b"").repeat(10_000);
    let decoded = decode_in(4_096, Encoding::Gzip, &empty_members, 1_000);
    assert_eq!(decoded, Err(HttpError::ResponseTooLarge));
}

#[test]
fn an_announced_length_past_the_bound_is_refused_before_it_arrives() {
    assert_eq!(Decoder::new(Encoding::Identity, 10).expect(10), Ok(()));
    let past = Decoder::new(Encoding::Identity, 10).expect(11);
    assert_eq!(past, Err(HttpError::ResponseTooLarge));
    let huge = Decoder::new(Encoding::Gzip, 10).expect(u64::MAX);
    assert_eq!(huge, Err(HttpError::ResponseTooLarge));
}

#[test]
fn a_stream_that_ends_too_early_gives_what_there_was() {
    for (encoding, encoded) in [
        (Encoding::Gzip, gzip(TEXT)),
        (Encoding::Deflate, zlib(TEXT)),
        (Encoding::Deflate, raw_deflate(TEXT)),
    ] {
        for length in 0..encoded.len() {
            let decoded = decode(encoding, &encoded[..length]).unwrap();
            assert!(TEXT.starts_with(&decoded), "{encoding:?} {length}");
        }
    }
    let without_trailer = &gzip(TEXT)[..gzip(TEXT).len() - 8];
    assert_eq!(decode(Encoding::Gzip, without_trailer).as_deref(), Ok(TEXT));
}

#[test]
fn several_members_are_one_body_and_what_follows_is_ignored() {
    let (first, second) = TEXT.split_at(20);
    let mut members = [gzip(first), gzip(second)].concat();
    assert_eq!(decode(Encoding::Gzip, &members).as_deref(), Ok(TEXT));
    members.extend_from_slice(b"\0\0\0garbage");
    let gzip_and_more = [gzip(TEXT), b"\0garbage".to_vec()].concat();
    assert_eq!(decode(Encoding::Gzip, &gzip_and_more).as_deref(), Ok(TEXT));
    assert_eq!(decode(Encoding::Gzip, &members).as_deref(), Ok(TEXT));
    let zlib = [zlib(TEXT), b"garbage".to_vec()].concat();
    assert_eq!(decode(Encoding::Deflate, &zlib).as_deref(), Ok(TEXT));
}

#[test]
fn damage_is_an_error() {
    let mut flipped = gzip(TEXT);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    let mut wrong_checksum = gzip(TEXT);
    let trailer = wrong_checksum.len() - 8;
    wrong_checksum[trailer] ^= 1;
    for (encoding, encoded) in [
        (Encoding::Gzip, flipped),
        (Encoding::Gzip, wrong_checksum.clone()),
        (Encoding::Gzip, [wrong_checksum, gzip(TEXT)].concat()),
        (Encoding::Gzip, TEXT.to_vec()),
        (Encoding::Deflate, [&[0x78, 0x9c][..], &[0xff; 40]].concat()),
    ] {
        let error = decode_in(4_096, encoding, &encoded, 1 << 20).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the response's body cannot be decompressed: "),
            "{error}"
        );
    }
}

#[test]
fn encodings_are_named_as_servers_name_them() {
    assert_eq!(Encoding::named(b"gzip"), Encoding::Gzip);
    assert_eq!(Encoding::named(b" GZip "), Encoding::Gzip);
    assert_eq!(Encoding::named(b"x-gzip"), Encoding::Gzip);
    assert_eq!(Encoding::named(b"deflate"), Encoding::Deflate);
    for other in [&b"identity"[..], b"br", b"gzip, gzip", b""] {
        assert_eq!(Encoding::named(other), Encoding::Identity);
    }
}
