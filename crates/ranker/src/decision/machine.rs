//! The processor's family, as far as figures depend on it.

/// The architecture, and those of its instruction sets that engines choose their arithmetic by: sums of
/// floats depend on how many are added at once. The same name does not promise the same bits where another
/// engine, or another version of it, computes; another name says where a difference may come from.
pub(super) fn family() -> String {
    let mut family = std::env::consts::ARCH.to_owned();
    for set in sets() {
        family.push(' ');
        family.push_str(set);
    }
    family
}

#[cfg(target_arch = "x86_64")]
fn sets() -> Vec<&'static str> {
    let known = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512vnni", is_x86_feature_detected!("avx512vnni")),
        ("avxvnni", is_x86_feature_detected!("avxvnni")),
    ];
    let there = known.into_iter().filter(|(_, there)| *there);
    there.map(|(set, _)| set).collect()
}

#[cfg(target_arch = "aarch64")]
fn sets() -> Vec<&'static str> {
    let known = [
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        (
            "dotprod",
            std::arch::is_aarch64_feature_detected!("dotprod"),
        ),
        ("i8mm", std::arch::is_aarch64_feature_detected!("i8mm")),
    ];
    let there = known.into_iter().filter(|(_, there)| *there);
    there.map(|(set, _)| set).collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn sets() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    #[test]
    fn begins_with_the_architecture() {
        let family = super::family();
        assert_eq!(
            family.split(' ').next(),
            Some(std::env::consts::ARCH),
            "{family}"
        );
        assert_eq!(family, super::family());
    }
}
