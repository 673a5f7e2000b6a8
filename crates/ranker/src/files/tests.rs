//! Files as people give them.

use std::io::Write;

use ranker_core::{Fact, Filter};

use super::*;

fn file(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

fn read(content: &[u8]) -> Profiles {
    read_profiles(file(content).path()).unwrap()
}

fn error(content: &[u8]) -> String {
    let file = file(content);
    let error = read_profiles(file.path()).unwrap_err();
    let source = std::error::Error::source(&error).map(ToString::to_string);
    let text = format!("{error}: {}", source.unwrap_or_default());
    text.replace(&file.path().display().to_string(), "FILE")
}

const TWO: &str = r#"{"id": "a", "title": "T", "text": "Zürich"}
{"id": "b", "text": "Genève"}"#;

#[test]
fn every_way_to_list_records_reads_alike() {
    let expected = read(TWO.as_bytes()).profiles;
    assert_eq!(expected.len(), 2);
    let utf16: Vec<u8> = format!("\u{feff}{TWO}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let latin1: Vec<u8> = TWO.chars().map(|c| c as u8).collect();
    let array = format!("[{}]", TWO.replace("\n", ",\n"));
    let pretty = TWO.replace(", ", ",\n  ").replace('{', "{\n  ");
    for content in [
        format!("\u{feff}{TWO}").into_bytes(),
        TWO.replace('\n', "\r\n\r\n").into_bytes(),
        TWO.replace('\n', "\r").into_bytes(),
        utf16,
        latin1,
        array.into_bytes(),
        pretty.into_bytes(),
        b"id;title;text\na;T;Z\xfcrich\nb;;\"Gen\xe8ve\"\n".to_vec(),
    ] {
        assert_eq!(
            read(&content).profiles,
            expected,
            "{}",
            String::from_utf8_lossy(&content)
        );
    }
}

#[test]
fn reads_typed_facts() {
    let json = br#"{"id": 7, "text": "x", "facts": {"y": 3, "w": "Rome", "s": ["A"], "f": true, "n": null}, "o": 1}"#;
    let table = b"id,text,facts.y,w,s,f\n7,x,3,Rome,A|,true\n";
    for content in [&json[..], table] {
        let read = read(content);
        let facts = read.profiles[0].facts();
        assert_eq!(facts.get("y"), Some(&Fact::Number(3.0)));
        assert_eq!(facts.get("w"), Some(&Fact::keyword("rome")));
        assert_eq!(facts.get("s"), Some(&Fact::keywords(["a"])));
        assert_eq!(facts.get("f"), Some(&Fact::flag(true)));
        assert_eq!(facts.len(), 4);
    }
}

#[test]
fn a_number_in_quotes_is_a_number_or_a_note() {
    let line = |id: &str, years: &str| {
        format!("{{\"id\": \"{id}\", \"text\": \"x\", \"facts\": {{\"y\": {years}}}}}\n")
    };
    let lines = [
        line("a", "6"),
        line("b", "\"6\""),
        line("c", "\"6+ years\""),
        line("d", "[\"6\"]"),
        line("e", "\"six\""),
    ];
    let read = read(lines.concat().as_bytes());
    let years: Vec<_> = read
        .profiles
        .iter()
        .map(|p| p.facts().get("y").unwrap().number())
        .collect();
    assert_eq!(years, [Some(6.0), Some(6.0), Some(6.0), Some(6.0), None]);
    assert_eq!(
        read.notes,
        [
            "line 3, c: fact `y` is \"6+ years\", read as the number 6",
            "line 5, e: fact `y` is the word \"six\", where others have a number: no filter on a \
             number passes it"
        ]
    );
    // Codes stay words.
    let codes = [line("a", "\"02134\""), line("b", "\"10001\"")].concat();
    let codes = self::read(codes.as_bytes());
    assert_eq!(
        codes.profiles[0].facts().get("y"),
        Some(&Fact::keyword("02134"))
    );
}

#[test]
fn an_error_names_line_field_and_value() {
    let with =
        |second: &str| error(format!("{{\"id\": \"a\", \"text\": \"x\"}}\n{second}\n").as_bytes());
    for (second, expected) in [
        (
            r#"{"id": "a", "text": "y"}"#,
            "FILE, line 2: id \"a\" was used before, on line 1: ",
        ),
        (
            r#"{"id": "b", "text": "#,
            "FILE, line 2: not a profile: its JSON ends too early",
        ),
        (
            r#"{"id": "b", "text": " "}"#,
            "FILE, line 2: not a profile: profile text is empty: give it some text",
        ),
        (
            r#"{"id": "b", "text": 7}"#,
            "FILE, line 2: not a profile: field `text` is 7, where a text in quotes is expected",
        ),
        (
            r#"{"id": "b"}"#,
            "FILE, line 2: not a profile: it has no field `text`",
        ),
        (
            r#"{"id": "b", "text": "x", "facts": {"s": ["r", 5, null]}}"#,
            "FILE, line 2: not a profile: fact `s` is [\"r\",5,null]: a list holds words in quotes only, and 5 is none",
        ),
        (
            r#"{"id": "b", "text": "x", "facts": {"s": {"r": 5}}}"#,
            "FILE, line 2: not a profile: fact `s` is {\"r\":5}: a fact is a number, a word, a list of words, or true or false",
        ),
        (
            "7",
            "FILE, line 2: not a profile: 7 stands where an object {\"id\": ...} is expected",
        ),
    ] {
        assert_eq!(with(second), expected);
    }
    for (content, expected) in [
        (
            &b"{\"id\":\"a\",\"text\":\"x\",\"facts\":{\"y\":NaN}}"[..],
            "FILE, line 1: not a profile: expected value",
        ),
        (b"\n", "FILE holds no profiles: "),
        (
            b"%PDF-1.7",
            "FILE holds no profile: it is a PDF document, not a text",
        ),
        (
            b"name of a person\nand no table",
            "FILE, line 1: not a profile: \"name of a person\" begins neither JSON",
        ),
        (
            b"[{\"id\": \"a\", \"text\": \"x\"},\n {\"id\": \"b\"}]",
            "FILE, line 2: not a profile: it has no field `text`",
        ),
    ] {
        let found = error(content);
        assert!(found.starts_with(expected), "{found}");
    }
    let deep = error("[".repeat(100_000).as_bytes());
    assert!(deep.starts_with("FILE, line 1: not a profile: "), "{deep}");
    let folder = tempfile::tempdir().unwrap();
    let folder = read_profiles(folder.path()).unwrap_err();
    assert!(matches!(folder, FileError::Folder { .. }));
}

#[test]
fn gzip_is_undone() {
    let packed = file(b"");
    let mut encoder = flate2::write::GzEncoder::new(packed.as_file(), flate2::Compression::fast());
    encoder.write_all(TWO.as_bytes()).unwrap();
    encoder.finish().unwrap();
    assert_eq!(read_profiles(packed.path()).unwrap().profiles.len(), 2);
}

#[test]
fn a_job_filter_reads_as_it_is_written() {
    let file = file(
        br#"{"id": "j", "text": "x", "filter": {"years": {"min": 3}, "permit": true, "location": ["Rome", "Oslo"]}}"#,
    );
    let jobs = read_jobs(file.path()).unwrap();
    let expected = Filter::any_of("location", ["rome", "oslo"])
        .and(Filter::flag("permit", true))
        .and(Filter::at_least("years", 3.0));
    assert_eq!(jobs[0].job.filter(), &expected);
    let wrong = self::file(br#"{"id": "j", "text": "x", "filter": {"years": {"least": 3}}}"#);
    let wrong = read_jobs(wrong.path()).unwrap_err();
    let source = std::error::Error::source(&wrong).unwrap().to_string();
    assert!(
        source.starts_with("condition `years` of `filter` is {\"least\":3}"),
        "{source}"
    );
}

#[test]
fn a_job_text_reads_in_any_encoding() {
    for content in [
        &b"\xef\xbb\xbfCook\n\nFor Z\xc3\xbcrich"[..],
        b"Cook\n\nFor Z\xfcrich",
    ] {
        let job = read_job_text(file(content).path()).unwrap();
        assert_eq!((job.title(), job.text()), ("Cook", "For Zürich"));
    }
}
