//! SVMlight's files, read and refused.

use proptest::prelude::*;
use ranker_rlhf::{read_groups, read_svmlight};

use crate::support::told;

#[test]
fn queries_come_from_the_lines_or_from_groups() {
    let text = "# head\n2 qid:b 1:0.5 3:1 # first\n\n0 qid:a 2:0.25\n1 qid:b 3:-1e-3\n";
    let rows = read_svmlight(text.as_bytes()).unwrap();
    let schema = rows.schema();
    assert_eq!(schema.names().collect::<Vec<_>>(), ["f1", "f2", "f3"]);
    assert_eq!(
        (schema.columns()[0].min, schema.columns()[0].max),
        (-1e-3, 1.0)
    );
    let lists = rows.lists(&schema).unwrap();
    let jobs: Vec<&str> = lists.iter().map(|list| list.job()).collect();
    assert_eq!(jobs, ["b", "a"]);
    assert_eq!(lists[0].gains(), [3.0, 1.0]);
    assert_eq!(lists[0].features().row(1), Some(&[0.0, 0.0, -1e-3][..]));

    let groups = read_groups("1\n2\n".as_bytes()).unwrap();
    let lists = rows.with_groups(&groups).unwrap().lists(&schema).unwrap();
    assert_eq!(
        (lists.len(), lists[1].gains().len(), lists[1].job()),
        (2, 2, "1")
    );
    let zero = read_svmlight("1 qid:1 0:1 2:1".as_bytes()).unwrap();
    assert_eq!(
        zero.schema().names().collect::<Vec<_>>(),
        ["f0", "f1", "f2"]
    );
}

#[test]
fn mistakes_are_named_with_their_line() {
    let refused = |line: &str| {
        let text = format!("1 qid:1 1:1\n{line}\n");
        told(&read_svmlight(text.as_bytes()).unwrap_err())
    };
    let rows = read_svmlight("1 1:1\n0 2:1\n".as_bytes()).unwrap();
    let small = read_svmlight("1 qid:1 1:1".as_bytes()).unwrap().schema();
    let named = read_svmlight("1 qid:1 9:1".as_bytes()).unwrap();
    let all = [
        refused("good 1:1"),
        refused("nan 1:1"),
        refused("2000 1:1"),
        refused("1 qid:1 qid:2"),
        refused("1 qid:1 word"),
        refused("1 qid:1 -1:1"),
        refused("1 qid:1 70000:1"),
        refused("1 qid:1 1:x"),
        refused("1 qid:1 1:NaN"),
        refused("1 qid:1 1:1e39"),
        refused("1 qid:1 2:1 1:1 2:2"),
        told(&read_groups("3\n-1\n".as_bytes()).unwrap_err()),
        told(&rows.lists(&rows.schema()).unwrap_err()),
        told(&named.lists(&small).unwrap_err()),
        told(&rows.with_groups(&[1, usize::MAX]).unwrap_err()),
    ];
    expect_test::expect![[r#""#]].assert_eq(&all.concat());
    let bytes: &[u8] = b"1 qid:1 1:1\n\xff\n";
    assert!(told(&read_svmlight(bytes).unwrap_err()).starts_with("line 2 could not be read"));
}

proptest! {
    #[test]
    fn any_bytes_end_in_rows_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = "1 qid:1 1:1\n".as_bytes();
        if let Ok(rows) = read_svmlight([text, &bytes].concat().as_slice()) {
            let _ = rows.lists(&rows.schema());
        }
        let _ = read_groups(bytes.as_slice());
    }
}
