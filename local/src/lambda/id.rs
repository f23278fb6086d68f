//! Random ids in the forms that AWS gives out.

use base64::{Engine, engine::general_purpose::STANDARD};

/// A request id of Lambda, such as `8476a536-e9f4-11e8-9739-2dfe598c3fcd`.
pub(super) fn invocation() -> String {
    let [a, b, c, d] = [hexadecimal::<4>(), hexadecimal::<2>(), hexadecimal::<2>(), hexadecimal::<2>()];
    format!("{a}-{b}-{c}-{d}-{}", hexadecimal::<6>())
}

/// A request id of API Gateway, such as `JKJaXmPLvHcESHA=`.
pub(super) fn request() -> String {
    STANDARD.encode(random::<11>())
}

/// A trace header of X-Ray for a request that arrived at this time.
pub(super) fn trace(epoch_milliseconds: u64) -> String {
    format!("Root=1-{:08x}-{}", epoch_milliseconds / 1000, hexadecimal::<12>())
}

fn hexadecimal<const BYTES: usize>() -> String {
    random::<BYTES>().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    // These ids only tell requests apart: without randomness they are useless, but nothing breaks.
    let _ = getrandom::fill(&mut bytes);
    bytes
}
