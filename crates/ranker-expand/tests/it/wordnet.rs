//! WordNet's format and its gate, on a handmade folder.

use std::fs;
use std::path::Path;

use ranker_core::TermSource;
use ranker_expand::{WordNetError, WordNetExpander};

use crate::jobs::{texts, untitled};

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/wordnet");

fn added(text: &str) -> Vec<String> {
    let expansion = WordNetExpander::from_dir(FOLDER)
        .unwrap()
        .expansion(&untitled(text));
    texts(&expansion).into_iter().map(str::to_owned).collect()
}

#[test]
fn words_of_one_meaning_and_of_one_main_meaning_pass() {
    assert_eq!(added("Two lawyers wanted"), ["attorney"]);
    assert_eq!(added("A teacher for our school"), ["instructor"]);
    assert_eq!(added("You write HTML"), ["hypertext markup language"]);
    assert_eq!(added("Our co-workers"), ["colleague"]);
}

#[test]
fn doubtful_words_do_not_pass() {
    for (text, why) in [
        (
            "A physician",
            "its synonym, doctor, has a meaning of another field",
        ),
        (
            "A nursemaid",
            "its synonym, nanny, has two meanings and no counts",
        ),
        ("On the riverside", "a place is not of a job's field"),
        ("An Einstein", "a proper name"),
        ("Our custom", "custom and customs look alike"),
        (
            "hypertext markup language",
            "HTML is only understood, never added",
        ),
        ("you write html", "not written as in WordNet"),
        ("A colleague", "co-worker is nowhere in the corpus"),
        ("A private tutor", "private is an adjective"),
        ("Our dealings", "words in -ing are mostly verbs"),
    ] {
        assert_eq!(added(text), Vec::<String>::new(), "{why}");
    }
}

#[test]
fn terms_are_light_and_say_where_they_come_from() {
    let expander = WordNetExpander::from_dir(FOLDER).unwrap();
    let expansion = expander.expansion(&untitled("lawyer"));
    let term = &expansion.terms()[0];
    assert_eq!((term.weight(), term.source()), (0.2, TermSource::Synonym));
    assert_eq!(
        term.reason(),
        "'lawyer' in the job is also called attorney (WordNet)"
    );
    let heavier = expander.with_weight(0.4).unwrap();
    assert_eq!(
        heavier.expansion(&untitled("lawyer")).terms()[0].weight(),
        0.4
    );
}

fn folder_with(change: impl Fn(&Path)) -> Result<WordNetExpander, WordNetError> {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(FOLDER).unwrap() {
        let name = entry.unwrap().file_name();
        fs::copy(Path::new(FOLDER).join(&name), folder.path().join(&name)).unwrap();
    }
    change(folder.path());
    WordNetExpander::from_dir(folder.path())
}

#[test]
fn broken_folders_are_refused_with_file_and_line() {
    let missing = folder_with(|folder| fs::remove_file(folder.join("data.noun")).unwrap());
    assert!(matches!(missing, Err(WordNetError::Read { path, .. }) if path.ends_with("data.noun")));

    let empty = folder_with(|folder| fs::write(folder.join("data.noun"), "").unwrap());
    assert!(matches!(empty, Err(WordNetError::Empty)));

    for (name, text) in [
        (
            "data.noun",
            "  1 licence\n00000100 18 n 09 lawyer 0 | cut off\n",
        ),
        ("index.noun", "  1 licence\nlawyer n 4 1 @ 1 1 00000100\n"),
        ("cntlist.rev", "lawyer%1:18:00:: 1 8\nlawyer 1 8\n"),
    ] {
        let error = folder_with(|folder| fs::write(folder.join(name), text).unwrap()).unwrap_err();
        let WordNetError::Line { path, line: 2, .. } = &error else {
            panic!("{name}: {error:?}");
        };
        assert!(path.ends_with(name));
    }
    let binary =
        folder_with(|folder| fs::write(folder.join("index.noun"), [0xff, 0xfe, 10]).unwrap());
    assert!(matches!(binary, Err(WordNetError::Line { line: 1, .. })));
}
