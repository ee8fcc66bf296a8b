//! What does the host know of texts? Pure functions, paid for by the byte.

use sandglass_host_abi::bindings::sandglass::toolbelt::{domains, encodings, languages};

use super::COPY_FUEL_PER_BYTE;
use crate::sandbox::Sandbox;

/// Fuel for a call, which finds its tables first: a microsecond or less.
const CALL_FUEL: u64 = 5_000;
/// Fuel for a byte that is compared, or looked at for where a word ends: some nanoseconds.
const LANGUAGE_FUEL_PER_BYTE: u64 = 100;
/// Fuel for a byte that is decoded; at the end of what is not the last it is so several times.
const DECODING_FUEL_PER_BYTE: u64 = 40;
/// Fuel for a byte of a domain, which is mapped, normalized and checked.
const DOMAIN_FUEL_PER_BYTE: u64 = 500;

impl languages::Host for Sandbox {
    async fn compare(
        &mut self,
        locale: String,
        sensitivity: languages::Sensitivity,
        ignore_punctuation: bool,
        one: String,
        other: String,
    ) -> wasmtime::Result<i8> {
        let bytes = locale.len() + one.len() + other.len();
        let fuel = CALL_FUEL + bytes as u64 * LANGUAGE_FUEL_PER_BYTE;
        self.work(fuel, move || {
            let texts = [one.as_str(), other.as_str()];
            crate::languages::compare(&locale, sensitivity, ignore_punctuation, texts) as i8
        })
        .await
    }

    async fn segments(
        &mut self,
        granularity: languages::Granularity,
        text: String,
    ) -> wasmtime::Result<Vec<languages::Segment>> {
        const BYTES: u64 = size_of::<languages::Segment>() as u64;
        let fuel = CALL_FUEL + text.len() as u64 * LANGUAGE_FUEL_PER_BYTE;
        // One more than there is room for shows that there are too many, whatever they would come to.
        let most = (self.memory_left() / BYTES) as usize + 1;
        let segments = self
            .work(fuel, move || {
                crate::languages::segments(granularity, &text, most)
            })
            .await?;
        self.fits(segments.len() as u64 * BYTES)?;
        Ok(segments)
    }
}

impl encodings::Host for Sandbox {
    async fn name(&mut self, label: String) -> wasmtime::Result<Option<String>> {
        self.charge(CALL_FUEL + label.len() as u64 * COPY_FUEL_PER_BYTE)
            .await?;
        Ok(crate::encodings::name(&label))
    }

    async fn decode(
        &mut self,
        name: String,
        bytes: Vec<u8>,
        is_last: bool,
    ) -> wasmtime::Result<encodings::Decoded> {
        let fuel = CALL_FUEL + bytes.len() as u64 * DECODING_FUEL_PER_BYTE;
        self.work(fuel, move || {
            crate::encodings::decode(&name, &bytes, is_last)
        })
        .await
    }
}

impl domains::Host for Sandbox {
    async fn to_ascii(&mut self, domain: String) -> wasmtime::Result<Option<String>> {
        let fuel = CALL_FUEL + domain.len() as u64 * DOMAIN_FUEL_PER_BYTE;
        self.work(fuel, move || crate::domains::to_ascii(&domain))
            .await
    }

    async fn to_unicode(&mut self, domain: String) -> wasmtime::Result<String> {
        let fuel = CALL_FUEL + domain.len() as u64 * DOMAIN_FUEL_PER_BYTE;
        self.work(fuel, move || crate::domains::to_unicode(&domain))
            .await
    }
}
