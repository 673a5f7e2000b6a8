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
