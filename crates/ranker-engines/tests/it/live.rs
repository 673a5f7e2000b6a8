//! Servers whose addresses the caller gives.

use std::time::{SystemTime, UNIX_EPOCH};

use ranker_engines::Secret;
use ranker_engines::conformance::StoreSuite;
use ranker_engines::http::Endpoint;

/// The value of a variable; without it, says that the test is skipped.
pub(crate) fn given(variable: &str) -> Option<String> {
    let value = std::env::var(variable)
        .ok()
        .filter(|value| !value.is_empty());
    if value.is_none() {
        println!("skipped: {variable} gives no address");
    }
    value
}

/// An address, and the key in the variable `VARIABLE_KEY` as a header, if there is one.
pub(crate) fn endpoint(address: &str, variable: &str, header: &str) -> Endpoint {
    let endpoint = Endpoint::new(address).unwrap();
    match std::env::var(format!("{variable}_KEY")) {
        Ok(key) => endpoint.with_header(header, &Secret::new(key)).unwrap(),
        Err(_) => endpoint,
    }
}

/// The suite with names that no earlier run took.
pub(crate) fn suite() -> StoreSuite {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    StoreSuite::new().with_prefix(format!("conformance_{}", now.as_millis()))
}

/// What a server passed, for the one who started it.
pub(crate) fn report(engine: &str, kept: &[&str]) {
    println!("{engine}: {} checks kept: {}", kept.len(), kept.join("; "));
}
