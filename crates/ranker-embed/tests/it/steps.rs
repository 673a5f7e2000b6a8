use ranker_embed::{Embedder, Role, embed_all};

use crate::support::Tiny;

#[test]
fn in_steps_the_results_are_those_of_one_call() {
    let tiny = Tiny::new();
    let embedder = tiny.builder().build().unwrap();
    let texts: Vec<&str> = ["rust", "nurse", "rust search", "engine"].repeat(75);
    let mut steps = Vec::new();
    let all = embed_all(&embedder, &texts, Role::Document, &mut |done, total| {
        steps.push((done, total));
    });
    assert_eq!(steps, [(256, 300), (300, 300)]);
    assert_eq!(
        all.unwrap(),
        embedder.embed(&texts, Role::Document).unwrap()
    );

    let nothing = embed_all(&embedder, &[], Role::Query, &mut |_, _| panic!("no step"));
    assert!(nothing.unwrap().is_empty());
}

#[test]
fn an_error_counts_from_the_first_text_of_all() {
    let tiny = Tiny::new();
    let embedder = tiny.builder().build().unwrap();
    for (bad, message) in [
        (" ", "text 290 is empty"),
        ("nan", "text 290 is no embedding"),
    ] {
        let mut texts = vec!["rust"; 300];
        texts[290] = bad;
        let error = embed_all(&embedder, &texts, Role::Query, &mut |_, _| {}).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
}
