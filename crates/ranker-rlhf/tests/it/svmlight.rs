//! SVMlight's files, read and refused.

use proptest::prelude::*;
use ranker_rlhf::{JudgedRows, read_groups, read_svmlight};

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
    let unnamed = text.replace("qid:a", "").replace("qid:b", "");
    let unnamed = read_svmlight(unnamed.as_bytes()).unwrap();
    let grouped = unnamed.with_groups(&groups).unwrap();
    let lists = grouped.lists(&schema).unwrap();
    assert_eq!(
        (lists.len(), lists[1].gains().len(), lists[1].job()),
        (2, 2, "1")
    );
    let told = told(&rows.with_groups(&groups).unwrap_err());
    assert_eq!(
        told,
        "row 3 has `qid:b`, which the groups contradict: use one of the two\n"
    );
    let agreeing = read_svmlight("1 qid:x 1:1\n0 qid:y 1:1\n0 qid:y 1:0".as_bytes()).unwrap();
    assert!(agreeing.with_groups(&[1, 2]).is_ok());
    let zero = read_svmlight("1 qid:1 0:1 2:1".as_bytes()).unwrap();
    assert_eq!(zero.schema().names().collect::<Vec<_>>(), ["f0", "f2"]);
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
        refused("1.5 qid:1 1:1"),
        refused("1 qid:1 1:x"),
        refused("1 qid:1 1:NaN"),
        refused("1 qid:1 1:1e39"),
        refused("1 qid:1 2:1 1:1 2:2"),
        told(&read_groups("3\n-1\n".as_bytes()).unwrap_err()),
        told(&rows.lists(&rows.schema()).unwrap_err()),
        told(&named.lists(&small).unwrap_err()),
        told(&rows.with_groups(&[1, usize::MAX]).unwrap_err()),
    ];
    expect_test::expect![[r#"
        line 2: expected a grade, found "good"
        line 2: the grade nan must lie between -1000 and 1000
        line 2: the grade 2000 must lie between -1000 and 1000
        line 2: it has two `qid:`
        line 2: expected index:value, found "word"
        line 2: expected a feature's index, found "-1"
        line 2: the grade 1.5 is no whole number
        line 2: expected the value of feature 1, found "x"
        line 2: feature 1 must be finite, but is NaN
        line 2: feature 1 must be finite, but is 1e39
        line 2: feature 2 stands there twice
        line 2: expected a number of rows, found "-1"
        row 1 has no `qid:`: add it, or give the sizes of the groups
        the file has feature 9, but the schema has no `f9`
        the groups hold 18446744073709551615 rows, but there are 2
    "#]]
    .assert_eq(&all.concat());
    let bytes: &[u8] = b"1 qid:1 1:1\n\xff\n";
    assert!(told(&read_svmlight(bytes).unwrap_err()).starts_with("line 2 could not be read"));
}

#[test]
fn a_sparse_file_costs_its_entries() {
    let rows = read_svmlight("1 qid:1 4000000000:1\n0 qid:1 7:2\n".as_bytes()).unwrap();
    let other = read_svmlight("1 qid:1 9:1".as_bytes()).unwrap();
    assert_eq!(rows.schema().len(), 2);
    let joint = JudgedRows::joint_schema([&rows, &other]);
    assert_eq!(
        joint.names().collect::<Vec<_>>(),
        ["f7", "f9", "f4000000000"]
    );
    assert_eq!(
        rows.lists(&joint).unwrap()[0].features().row(0),
        Some(&[0.0, 0.0, 1.0][..])
    );
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
