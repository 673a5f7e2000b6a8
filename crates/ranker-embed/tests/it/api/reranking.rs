//! Rerankers that others serve.

use ranker_core::{EmbedError, conformance};
use ranker_embed::http::{Endpoint, HttpError};
use ranker_embed::{
    ApiBudget, ApiCrossEncoder, ApiCrossEncoderBuilder, ApiError, LongTexts, RerankApi, Scores,
};

use super::fake::{Lie, MODEL, fake, overlap};
use super::{cause, in_turn};
use crate::server::Server;

const APIS: [(RerankApi, &str); 3] = [
    (RerankApi::Tei, ""),
    (RerankApi::Cohere, "/v2"),
    (RerankApi::Jina, "/v1"),
];
/// Whether an error is of some kind.
type Kind = fn(&ApiError) -> bool;

const QUERY: &str = "engineer for search in Rust";
const DOCUMENTS: [&str; 3] = ["nurse", "engineer for search", "search"];

fn builder(server: &Server, (api, base): (RerankApi, &str)) -> ApiCrossEncoderBuilder {
    let endpoint: Endpoint = server.endpoint(base);
    ApiCrossEncoder::builder(endpoint, api, MODEL).limits(in_turn())
}

fn scored(lie: Lie, api: (RerankApi, &str)) -> Result<Vec<f32>, EmbedError> {
    let server = fake(lie, 0);
    builder(&server, api)
        .build()
        .unwrap()
        .score(QUERY, &DOCUMENTS)
}

#[test]
fn each_interface_gives_scores_in_the_order_of_the_documents() {
    for api in APIS {
        for lie in [Lie::Nothing, Lie::Backwards] {
            let scores = scored(lie, api).unwrap();
            for (score, document) in scores.iter().zip(DOCUMENTS) {
                assert!((f64::from(*score) - overlap(QUERY, document)).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn each_keeps_the_contract_of_a_feature() {
    let server = fake(Lie::Nothing, 0);
    for api in APIS {
        let cross = builder(&server, api)
            .limits(in_turn().with_batch_texts(2).with_concurrency(3))
            .build()
            .unwrap();
        conformance::cross_encoder(&cross).unwrap();
    }
}

#[test]
fn logits_become_relevance_where_that_is_said() {
    let server = fake(Lie::Nothing, 0);
    let tei = builder(&server, APIS[0])
        .scores(Scores::Logits)
        .build()
        .unwrap();
    let scores = tei.score(QUERY, &DOCUMENTS).unwrap();
    for (score, document) in scores.iter().zip(DOCUMENTS) {
        assert!((f64::from(*score) - overlap(QUERY, document)).abs() < 1e-6);
    }
    let lying = scored(Lie::Score(7.5), APIS[2]).unwrap_err();
    assert!(
        matches!(cause(&lying), (None, ApiError::Relevance { score: 7.5 })),
        "{lying:?}"
    );
    let server = fake(Lie::Score(7.5), 0);
    let cross = builder(&server, APIS[2])
        .scores(Scores::Logits)
        .build()
        .unwrap();
    assert!(cross.score(QUERY, &DOCUMENTS).unwrap()[0] > 0.999);
}

#[test]
fn a_lie_is_an_error_in_each_interface() {
    let kinds: [(Lie, Kind); 8] = [
        (Lie::OneLess, |e| matches!(e, ApiError::Count { .. })),
        (Lie::OneMore, |e| {
            matches!(e, ApiError::Index { .. } | ApiError::Count { .. })
        }),
        (Lie::Twice, |e| matches!(e, ApiError::Index { .. })),
        (Lie::Foreign, |e| matches!(e, ApiError::Index { .. })),
        (Lie::NoIndex, |e| matches!(e, ApiError::Shape { .. })),
        (Lie::NoObject, |e| matches!(e, ApiError::Shape { .. })),
        (Lie::Score(f64::NAN), |e| matches!(e, ApiError::NotANumber)),
        (Lie::Half, |e| {
            matches!(e, ApiError::Http(HttpError::NoAnswer { .. }))
        }),
    ];
    for (lie, kind) in kinds {
        for api in APIS {
            let error = scored(lie, api).unwrap_err();
            let (text, api_error) = cause(&error);
            assert!(
                text.is_none() && kind(api_error),
                "{lie:?} of {api:?}: {error:?}"
            );
        }
    }
}

#[test]
fn a_model_that_changes_is_an_error() {
    let server = fake(Lie::OtherModel, 1);
    let cross = builder(&server, APIS[2]).build().unwrap();
    cross.score(QUERY, &DOCUMENTS).unwrap();
    let error = cross.score(QUERY, &DOCUMENTS).unwrap_err();
    assert!(
        matches!(cause(&error), (None, ApiError::OtherModel { .. })),
        "{error:?}"
    );
}

#[test]
fn documents_are_divided_halved_and_cut_as_texts_are() {
    let documents: Vec<String> = (0..50).map(|n| format!("engineer number {n}")).collect();
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    let server = fake(Lie::FailsAbove(6), 0);
    let cross = builder(&server, APIS[1]).build().unwrap();
    assert_eq!(cross.score(QUERY, &documents).unwrap().len(), 50);

    let long = "engineer ".repeat(300);
    let server = fake(Lie::Nothing, 0);
    let refusing = builder(&server, APIS[0]).build().unwrap();
    let error = refusing.score(QUERY, &["nurse", &long]).unwrap_err();
    assert!(
        matches!(cause(&error), (Some(1), ApiError::TooLong { .. })),
        "{error:?}"
    );
    let cutting = builder(&server, APIS[0])
        .long_texts(LongTexts::Cut)
        .build()
        .unwrap();
    assert!(cutting.score(QUERY, &["nurse", &long]).unwrap()[1] > 0.9);
}

#[test]
fn empty_texts_settings_and_budgets_are_errors() {
    let server = fake(Lie::Nothing, 0);
    let cross = builder(&server, APIS[0]).build().unwrap();
    assert!(cross.score(QUERY, &[]).unwrap().is_empty());
    for (query, document) in [(" ", "text"), (QUERY, "")] {
        let error = cross.score(query, &[document]).unwrap_err();
        assert!(
            matches!(error, EmbedError::EmptyText { index: 0 }),
            "{error:?}"
        );
    }
    assert!(server.log().is_empty());
    let error = builder(&server, APIS[0])
        .limits(in_turn().with_batch_texts(0))
        .build()
        .unwrap_err();
    assert!(matches!(
        error,
        ApiError::Setting {
            setting: "batch_texts",
            ..
        }
    ));
    let budget = ApiBudget::new().with_requests(0);
    let cross = builder(&server, APIS[0]).budget(budget).build().unwrap();
    let error = cross.score(QUERY, &DOCUMENTS).unwrap_err();
    assert!(
        matches!(cause(&error), (None, ApiError::BudgetSpent { .. })),
        "{error:?}"
    );
}
