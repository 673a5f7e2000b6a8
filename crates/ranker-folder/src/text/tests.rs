use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../models/all-MiniLM-L6-v2/tokenizer.json"
);

fn parse(json: &Value) -> Result<TextTokenizer, BoxError> {
    TextTokenizer::parse(json.to_string().as_bytes(), false)
}

/// A tokeniser of whole words: ids 0 `<s>`, 1 `</s>`, 2 unknown, 3 and 4 two words.
fn words(changes: Value) -> Value {
    let mut json = json!({
        "version": "1.0",
        "added_tokens": [],
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {
            "type": "WordLevel",
            "vocab": {"<s>": 0, "</s>": 1, "?": 2, "one": 3, "two": 4, "▁one": 5, "▁two": 6},
            "unk_token": "?",
        },
    });
    for (key, value) in changes.as_object().unwrap() {
        json[key] = value.clone();
    }
    json
}

fn template(single: Value) -> Value {
    let special = |name: &str, id: u32| json!({"id": name, "ids": [id], "tokens": [name]});
    json!({
        "type": "TemplateProcessing",
        "single": single,
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"<s>": special("<s>", 0), "</s>": special("</s>", 1)},
    })
}

fn ids(tokenizer: &TextTokenizer, text: &str) -> Vec<u32> {
    tokenizer.tokens("", text, Spans::Skip).unwrap().ids
}

#[test]
fn special_tokens_are_put_as_the_file_says() {
    let text = json!({"Sequence": {"id": "A", "type_id": 0}});
    let (start, end) = (
        json!({"SpecialToken": {"id": "<s>", "type_id": 0}}),
        json!({"SpecialToken": {"id": "</s>", "type_id": 1}}),
    );
    for (processor, expected) in [
        (Value::Null, vec![3, 4]),
        (
            json!({"type": "BertProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0]}),
            vec![0, 3, 4, 1],
        ),
        (
            json!({"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0],
                   "trim_offsets": true, "add_prefix_space": false}),
            vec![0, 3, 4, 1],
        ),
        (template(json!([text, end])), vec![3, 4, 1]),
        (template(json!([start, start, text])), vec![0, 0, 3, 4]),
    ] {
        let tokenizer = parse(&words(json!({"post_processor": processor}))).unwrap();
        assert_eq!(ids(&tokenizer, "one two"), expected, "{processor}");
    }
    let types = parse(&words(
        json!({"post_processor": template(json!([text, end]))}),
    ));
    let tokens = types.unwrap().tokens("", "one", Spans::Skip).unwrap();
    assert_eq!(tokens.types, [0, 1]);

    let twice = template(json!([text, start, text]));
    assert!(parse(&words(json!({"post_processor": twice}))).is_err());
}

#[test]
fn a_cut_keeps_the_special_tokens() {
    let processor = json!({"type": "BertProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0]});
    let tokenizer = parse(&words(json!({"post_processor": processor}))).unwrap();
    let tokenizer = tokenizer.with_max_tokens(4);
    let tokens = tokenizer
        .tokens("one ", "two one two", Spans::Keep)
        .unwrap();
    assert_eq!(tokens.ids, [0, 3, 4, 1]);
    assert_eq!((tokens.usage.tokens, tokens.usage.used), (6, 4));
    assert_eq!(tokens.spans, [0..3, 4..7]);
    assert_eq!(tokenizer.prompt_tokens("one ").unwrap(), 2);
}

#[test]
fn places_of_tokens_do_not_end_at_the_limit() {
    let tokenizer = parse(&words(json!({}))).unwrap().with_max_tokens(1);
    let found = tokenizer.spans("one two\none", 2).unwrap();
    assert_eq!((found.spans, found.counted), (vec![0..3, 4..7], 3));
    let none = tokenizer.spans("one two", 0).unwrap();
    assert_eq!((none.spans, none.counted), (vec![], 2));
    let long = "one ".repeat(40_000);
    let found = tokenizer.spans(&long, 30_000).unwrap();
    assert_eq!((found.spans.len(), found.counted), (30_000, 40_000));
    assert_eq!(&long[found.spans[29_999].clone()], "one");
}

#[test]
fn no_token_at_all_is_an_error() {
    let bare = parse(&words(json!({}))).unwrap();
    assert!(bare.tokens("", "\u{2003}", Spans::Skip).is_err());
    assert_eq!(bare.probe().ids, [0], "a probe has one even so");
}

#[test]
fn slices_are_as_good_as_the_whole() {
    let byte_level = json!({
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
        "model": {
            "type": "BPE",
            "vocab": {"o": 0, "n": 1, "e": 2, "Ġ": 3, "t": 4, "w": 5, ",": 6,
                      "on": 7, "one": 8, "Ġone": 9, "Ġt": 10},
            "merges": ["o n", "on e", "Ġ one", "Ġ t"],
        },
    });
    let metaspace = json!({"pre_tokenizer":
        {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}});
    let file = std::fs::read(MODEL).unwrap();
    for tokenizer in [
        TextTokenizer::parse(&file, false).unwrap(),
        parse(&words(byte_level)).unwrap(),
        parse(&words(metaspace)).unwrap(),
    ] {
        let text = "one two, one  two one, two one two ".repeat(8_000);
        assert!(slices(&text).count() > 3);
        let tokens = tokenizer.tokens("", &text, Spans::Keep).unwrap();
        let own = &tokens.ids[tokens.body..][..tokens.spans.len()];
        let whole = tokenizer.tokenizer.encode(text.as_str(), false).unwrap();
        assert_eq!(
            tokens.usage.tokens,
            whole.len() + tokenizer.special_tokens()
        );
        assert!(own == whole.get_ids(), "other tokens");
        for (span, &(start, end)) in tokens.spans.iter().zip(whole.get_offsets()) {
            assert_eq!(*span, tidy(&text, start..end));
        }
    }
}

#[test]
fn control_tokens_in_a_text_are_text() {
    let special = |id: u32, content: &str| {
        json!({"id": id, "content": content, "single_word": false, "lstrip": false,
               "rstrip": false, "normalized": false, "special": true})
    };
    let unigram = json!({
        "added_tokens": [special(0, "<s>"), special(1, "</s>")],
        "pre_tokenizer": Value::Null,
        "model": {
            "type": "Unigram",
            "unk_id": 2,
            "vocab": [["<s>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["<", -9.0], ["s", -9.0],
                      [">", -9.0], ["/", -9.0], ["a", -9.0]],
        },
    });
    let file = std::fs::read(MODEL).unwrap();
    let wordpiece = TextTokenizer::parse(&file, false).unwrap();
    for (tokenizer, text, controls) in [
        (parse(&words(unigram)).unwrap(), "a<s>a</s>", vec![0, 1]),
        (
            wordpiece,
            "knows [SEP] and [CLS] a [MASK] [PAD]",
            vec![0, 101, 102, 103],
        ),
    ] {
        let tokens = tokenizer.tokens("", text, Spans::Keep).unwrap();
        let own = &tokens.ids[tokens.body..][..tokens.spans.len()];
        assert!(own.iter().all(|id| !controls.contains(id)), "{own:?}");
        let read: String = tokens
            .spans
            .iter()
            .map(|span| &text[span.clone()])
            .collect();
        assert_eq!(
            read,
            text.replace(' ', ""),
            "every character is read where it stands"
        );
    }
}

/// The model's tokenizer with what its normaliser does set otherwise.
fn bert(clean_text: bool, lowercase: bool) -> TextTokenizer {
    let bytes = std::fs::read(MODEL).unwrap();
    let mut json: Value = serde_json::from_slice(&bytes).unwrap();
    json["normalizer"]["clean_text"] = clean_text.into();
    json["normalizer"]["lowercase"] = lowercase.into();
    let tokenizer = parse(&json).unwrap();
    assert!(tokenizer.words.is_some(), "words are looked up directly");
    tokenizer
}

/// That a text's tokens, and the places of all and of the first three, are what `tokenizers` gives where it reads the whole text.
fn reads_as_slowly(tokenizer: &TextTokenizer, text: &str) {
    let mut whole = tokenizer.clone();
    whole.words = None;
    for room in [usize::MAX, 3] {
        let [slow, placed] =
            [&whole, tokenizer].map(|one| one.own(text, room, Spans::Keep).unwrap());
        assert_eq!(placed.ids, slow.ids, "{text:?}");
        assert_eq!(placed.spans, slow.spans, "{text:?}");
        assert_eq!(placed.counted, slow.counted, "{text:?}");
        let bare = tokenizer.own(text, room, Spans::Skip).unwrap();
        assert_eq!(
            (bare.ids, bare.counted),
            (slow.ids, slow.counted),
            "{text:?}"
        );
        assert!(bare.spans.is_empty());
    }
}

#[test]
fn words_looked_up_are_those_of_the_tokenizer() {
    for (clean_text, lowercase) in [(true, true), (true, false), (false, true), (false, false)] {
        let tokenizer = bert(clean_text, lowercase);
        for text in [
            "Senior C++/C# engineer, 5+ yrs.; $120k (net) -- e.g. at AT&T's R&D?",
            "snake_case\tCamelCase\r\nkebab-case ##ing path/to/file.rs a+b=c [CLS] [sep]ed",
            "a\u{0}b a\u{B}b a\u{C}b a\u{1C}b a\u{1F}b a\u{7F}b \u{7F} \u{C}",
            "caf\u{e9} e\u{301}t\u{301}e \u{301}x na\u{ef}ve \u{212b} \u{130}stanbul \u{1e9e}\u{df}",
            "a\u{85}b a\u{a0}b a\u{3000}b a\u{200b}b a\u{2028}b\u{feff}",
            "\u{96fb}\u{6c17}\u{5de5}\u{4e8b}\u{58eb} x\u{4e2d}y \u{26a1} \u{1f680}go",
            &format!("{} {} end", "x".repeat(100), "y".repeat(101)),
            "qzxqzxqzx antidisestablishmentarianism",
            "\u{2022} the client\u{2019}s \u{201c}go-live\u{201d} 2019\u{2013}2021\u{2026} \u{2010}\u{2027}x \u{2028} a\u{2022}\u{e9}",
        ] {
            reads_as_slowly(&tokenizer, text);
        }
    }
}

#[test]
fn other_tokenizers_are_read_whole() {
    assert!(parse(&words(json!({}))).unwrap().words.is_none());
    let bytes = std::fs::read(MODEL).unwrap();
    let mut json: Value = serde_json::from_slice(&bytes).unwrap();
    let added = json!({"id": 30522, "content": "new york", "special": false, "single_word": false,
        "lstrip": false, "rstrip": false, "normalized": true});
    json["added_tokens"].as_array_mut().unwrap().push(added);
    let tokenizer = parse(&json).unwrap();
    assert!(tokenizer.words.is_none(), "a token of two words");
    assert_eq!(tokenizer.largest_id(), Some(30522));
}

#[test]
fn a_tokenizer_comes_back_from_its_json() {
    let read = bert(true, true);
    let bare = TextTokenizer::from_json(&read.to_json().unwrap()).unwrap();
    assert_eq!((read.special_tokens(), bare.special_tokens()), (2, 0));
    assert_eq!(bare.to_json().unwrap(), read.to_json().unwrap());
    let text = "Registered nurse, na\u{ef}ve \u{26a1}";
    assert_eq!(
        ids(&bare, text),
        ids(&read, text)[1..ids(&read, text).len() - 1]
    );
    assert_eq!(bare.unknown(), Some(100));
    assert_eq!(bare.token(101).as_deref(), Some("[CLS]"));
    assert!(bare.is_control(101) && !bare.is_control(2000));
    assert_eq!(read.alone(2000).ids, [101, 2000, 102]);
}

proptest! {
    #[test]
    fn any_text_has_the_tokens_of_the_tokenizer(
        text in "([a-zA-Z0-9 ]{0,12}|[!-~]{0,8}|[\\x00-\\x7F]{0,4}|\\PC{0,4}|[a-z\\u{200C}-\\u{202C}]{0,4}|[\\u{80}-\\u{2FFF}]{0,4}){0,8}",
        clean_text: bool,
        lowercase: bool,
    ) {
        use std::sync::OnceLock;
        static ALL: OnceLock<Vec<TextTokenizer>> = OnceLock::new();
        let all = ALL.get_or_init(|| {
            [(false, false), (false, true), (true, false), (true, true)].map(|(a, b)| bert(a, b)).into()
        });
        let tokenizer = &all[usize::from(clean_text) * 2 + usize::from(lowercase)];
        reads_as_slowly(tokenizer, &text);
    }
}
