//! What real servers have been seen to do, and worse: each is an error that says what it is.

use ranker_core::{EmbedError, Embedder, Role, ValueError};
use ranker_embed::http::HttpError;
use ranker_embed::{ApiEmbedder, ApiError, VectorFormat};

use super::fake::{DIMENSION, Lie, fake};
use super::{cause, open_ai};

const TEXTS: [&str; 3] = ["Rust engineer", "Registered nurse", "Accountant"];

/// What comes of a lie after an honest probe, in OpenAI's interface.
fn embedded(lie: Lie) -> Result<usize, EmbedError> {
    let server = fake(lie, 1);
    let embedder = open_ai(&server).connect().unwrap();
    embedder.embed(&TEXTS, Role::Document).map(|all| all.len())
}

/// Checks that a lie is an error of this kind, of this text if any.
fn refused(lie: Lie, text: Option<usize>, kind: fn(&ApiError) -> bool) {
    let error = embedded(lie).unwrap_err();
    let (index, api) = cause(&error);
    assert!(index == text && kind(api), "{lie:?}: {error:?}");
    assert!(api.to_string().len() > 30, "{api}");
}

#[test]
fn numbers_and_base64_are_read_whatever_was_asked_for() {
    for (lie, format) in [
        (Lie::Numbers, VectorFormat::Base64),
        (Lie::Base64, VectorFormat::Numbers),
    ] {
        let server = fake(lie, 0);
        let lying = open_ai(&server).format(format).connect().unwrap();
        let honest = open_ai(&fake(Lie::Nothing, 0)).connect().unwrap();
        assert_eq!(
            lying.dimension(),
            DIMENSION,
            "not a quarter, nor four times"
        );
        assert_eq!(
            lying.embed(&TEXTS, Role::Query).unwrap(),
            honest.embed(&TEXTS, Role::Query).unwrap()
        );
    }
}

#[test]
fn what_is_no_list_of_floats_in_base64_is_refused() {
    refused(Lie::Base64Of(*b"AAAA!A"), None, |e| {
        matches!(e, ApiError::Base64 { .. })
    });
    refused(Lie::Base64Of(*b"AACAPw"), Some(0), |e| {
        matches!(
            e,
            ApiError::Dimension {
                expected: 8,
                actual: 1
            }
        )
    });
}

#[test]
fn a_dimension_asked_for_is_given_or_it_is_an_error() {
    let server = fake(Lie::NotShortened, 0);
    let error = open_ai(&server).dimensions(4).connect().unwrap_err();
    assert!(
        matches!(error, ApiError::NotShortened { asked: 4, given: 8 }),
        "{error:?}"
    );
    let error = ApiEmbedder::tei(server.endpoint(""))
        .dimensions(4)
        .connect()
        .unwrap_err();
    assert!(matches!(error, ApiError::NotShortened { .. }), "{error:?}");
    let server = fake(Lie::Nothing, 0);
    let error = open_ai(&server)
        .expect_dimension(384)
        .connect()
        .unwrap_err();
    assert!(
        matches!(
            error,
            ApiError::Dimension {
                expected: 384,
                actual: 8
            }
        ),
        "{error:?}"
    );
    let error = open_ai(&server).dimensions(0).connect().unwrap_err();
    assert!(matches!(
        error,
        ApiError::Setting {
            setting: "dimensions",
            ..
        }
    ));
    refused(Lie::OneShort, Some(0), |e| {
        matches!(
            e,
            ApiError::Dimension {
                expected: 8,
                actual: 7
            }
        )
    });
}

#[test]
fn a_model_that_changes_is_an_error() {
    refused(Lie::OtherModel, None, |e| {
        matches!(e, ApiError::OtherModel { .. })
    });
}

#[test]
fn a_text_cut_in_silence_is_found_and_named() {
    let long = "word ".repeat(300);
    let server = fake(Lie::Cuts, 1);
    let embedder = open_ai(&server).connect().unwrap();
    let texts = ["a", "b", "c", long.as_str(), "d"];
    let error = embedder.embed(&texts, Role::Document).unwrap_err();
    let (text, api) = cause(&error);
    assert_eq!(text, Some(3));
    assert!(
        matches!(
            api,
            ApiError::Cut {
                read: 64,
                tokens: 375
            }
        ),
        "{api:?}"
    );
    // Among texts of many tokens, and by no more than the tokens that words are cut into.
    let long = "word ".repeat(66);
    let others = "w x y z ".repeat(10);
    let texts = [others.as_str(), &long, &others];
    let error = embedder.embed(&texts, Role::Document).unwrap_err();
    assert!(
        matches!(cause(&error), (Some(1), ApiError::Cut { .. })),
        "{error:?}"
    );
    // A script without spaces: 1,200 characters cannot be 64 tokens.
    let dense = "電気工事士 ".repeat(240);
    let error = embedder.embed(&["a", &dense], Role::Document).unwrap_err();
    assert!(
        matches!(cause(&error), (Some(1), ApiError::Cut { .. })),
        "{error:?}"
    );
}

#[test]
fn a_text_that_is_too_long_is_named() {
    let long = "word ".repeat(300);
    let texts = ["a", "b", "c", long.as_str(), "d"];
    let server = fake(Lie::Nothing, 0);
    let tei = ApiEmbedder::tei(server.endpoint("")).connect().unwrap();
    let open_ai = open_ai(&server).connect().unwrap();
    for embedder in [&tei, &open_ai] {
        let error = embedder.embed(&texts, Role::Document).unwrap_err();
        let (text, api) = cause(&error);
        assert!(
            text == Some(3) && matches!(api, ApiError::TooLong { .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_text_on_which_the_server_fails_is_named() {
    refused(Lie::FailsOn("nurse"), Some(1), |e| {
        matches!(e, ApiError::Failing { status: 500, .. })
    });
    refused(Lie::FailsAbove(0), Some(0), |e| {
        matches!(e, ApiError::Failing { status: 500, .. })
    });
}

#[test]
fn results_belong_to_texts_by_their_index() {
    assert_eq!(embedded(Lie::Backwards).unwrap(), 3);
    let honest = open_ai(&fake(Lie::Nothing, 0)).connect().unwrap();
    let backwards = open_ai(&fake(Lie::Backwards, 0)).connect().unwrap();
    assert_eq!(
        backwards.embed(&TEXTS, Role::Query).unwrap(),
        honest.embed(&TEXTS, Role::Query).unwrap()
    );
    refused(Lie::OneLess, None, |e| {
        matches!(
            e,
            ApiError::Count {
                asked: 3,
                answered: 2
            }
        )
    });
    refused(Lie::OneMore, None, |e| {
        matches!(
            e,
            ApiError::Count {
                asked: 3,
                answered: 4
            }
        )
    });
    refused(Lie::Twice, None, |e| {
        matches!(
            e,
            ApiError::Index {
                index: 1,
                fault: "comes twice",
                ..
            }
        )
    });
    refused(Lie::Foreign, None, |e| {
        matches!(
            e,
            ApiError::Index {
                index: 99,
                fault: "was not sent",
                ..
            }
        )
    });
    refused(Lie::NoIndex, None, |e| matches!(e, ApiError::Shape { .. }));
    refused(Lie::NoData, None, |e| matches!(e, ApiError::Shape { .. }));
    refused(Lie::NoObject, None, |e| matches!(e, ApiError::Shape { .. }));
}

#[test]
fn what_is_no_finite_number_is_never_an_embedding() {
    for (written, at) in [("NaN", None), ("-Infinity", None), ("\"0.1\"", None)] {
        refused(Lie::Component(written), at, |e| {
            matches!(e, ApiError::NotANumber | ApiError::Shape { .. })
        });
    }
    // Which text it is, JSON tells for null and for what is beyond f32.
    for written in ["null", "1e39"] {
        let error = embedded(Lie::Component(written)).unwrap_err();
        let finite = ValueError::NotFinite {
            what: "",
            value: 0.0,
        };
        let EmbedError::Output { index: 0, source } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(
            std::mem::discriminant(source),
            std::mem::discriminant(&finite)
        );
    }
    let error = embedded(Lie::Zero).unwrap_err();
    assert!(
        matches!(
            &error,
            EmbedError::Output {
                source: ValueError::ZeroVector,
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn half_an_answer_and_what_is_no_json_are_errors() {
    refused(Lie::Half, None, |e| {
        matches!(e, ApiError::Http(HttpError::NoAnswer { .. }))
    });
    refused(Lie::Html, None, |e| {
        matches!(e, ApiError::Http(HttpError::NotJson { .. }))
    });
}

#[test]
fn every_status_is_told() {
    for status in [301, 401, 402, 403, 404, 408, 409, 429, 502, 503, 504] {
        let error = embedded(Lie::Status(status)).unwrap_err();
        let (text, api) = cause(&error);
        let told = api.to_string();
        let expected = match status {
            404 => "not there".to_owned(),
            status => format!("answered with {status}"),
        };
        assert!(text.is_none() && told.contains(&expected), "{told}");
    }
    for status in [400, 413, 422, 424, 500] {
        let error = embedded(Lie::Status(status)).unwrap_err();
        let (text, api) = cause(&error);
        assert!(
            text.is_some() && api.to_string().contains(&status.to_string()),
            "{api}"
        );
    }
}

#[test]
fn nobody_there_and_a_wrong_path_are_told_when_it_connects() {
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let endpoint = ranker_embed::http::Endpoint::new(format!("http://{address}/v1")).unwrap();
    let error = ApiEmbedder::open_ai(endpoint.with_tries(1), "m")
        .connect()
        .unwrap_err();
    assert!(
        matches!(error, ApiError::Http(HttpError::NoAnswer { .. })),
        "{error:?}"
    );
    let server = fake(Lie::Nothing, 0);
    let error = ApiEmbedder::open_ai(server.endpoint(""), "m")
        .connect()
        .unwrap_err();
    assert!(
        matches!(error, ApiError::Http(HttpError::NotFound { .. })),
        "{error:?}"
    );
    let error = ApiEmbedder::tei(server.endpoint("/v1"))
        .connect()
        .unwrap_err();
    assert!(
        matches!(error, ApiError::Http(HttpError::NotFound { .. })),
        "{error:?}"
    );
}
