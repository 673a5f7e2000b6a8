//! The README's code is the example `quickstart`, word for word.

const README: &str = include_str!("../../README.md");
const EXAMPLE: &str = include_str!("../quickstart.rs");

#[test]
fn readme_and_example_are_the_same() {
    let (_, rest) = README.split_once("```rust\n").unwrap();
    let (code, _) = rest.split_once("```").unwrap();
    let (_, example) = EXAMPLE.split_once("\n\n").unwrap();
    let lint = |line: &&str| line.starts_with("#[expect(");
    let shown = |text: &str| {
        text.lines()
            .filter(|l| !lint(l))
            .map(|l| format!("{l}\n"))
            .collect()
    };
    let (code, example): (String, String) = (shown(code), shown(example));
    assert_eq!(code, example);
}
