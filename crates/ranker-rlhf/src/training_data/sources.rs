//! No source counts for more than all others.

use std::collections::HashMap;

/// Lists that one source may add in any case.
const FREE: usize = 20;

/// The lists without those that a named source adds beyond [`FREE`], and beyond as many as there are from
/// all others.
pub(super) fn bounded<T>(lists: Vec<T>, source: impl Fn(&T) -> Option<&str>) -> Vec<T> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for source in lists.iter().filter_map(&source) {
        *counts.entry(source.to_owned()).or_default() += 1;
    }
    let all = lists.len();
    let mut left: HashMap<String, usize> = counts
        .into_iter()
        .map(|(source, count)| (source, FREE.max(all - count)))
        .collect();
    let is_kept = |list: &T| match source(list).and_then(|source| left.get_mut(source)) {
        Some(0) => false,
        Some(left) => {
            *left -= 1;
            true
        }
        None => true,
    };
    lists.into_iter().filter(is_kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lists: Vec<(&'static str, usize)>) -> Vec<(&'static str, usize)> {
        bounded(lists, |list| (!list.0.is_empty()).then_some(list.0))
    }

    #[test]
    fn a_source_alone_adds_a_few() {
        let flood: Vec<_> = (0..500).map(|at| ("flood", at)).collect();
        assert_eq!(kept(flood).len(), FREE);
    }

    #[test]
    fn a_source_adds_no_more_than_all_others() {
        let flood = (0..500).map(|at| ("flood", at));
        let others = (0..60).map(|at| (if at % 2 == 0 { "a" } else { "b" }, at));
        let kept = kept(flood.chain(others).collect());
        let of = |name| kept.iter().filter(|list| list.0 == name).count();
        assert_eq!((of("flood"), of("a"), of("b")), (60, 30, 30));
    }

    #[test]
    fn events_without_a_source_are_not_bounded() {
        assert_eq!(kept((0..500).map(|at| ("", at)).collect()).len(), 500);
    }
}
