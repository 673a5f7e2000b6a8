//! What people read.

use std::sync::Arc;

use expect_test::expect;
use ranker_core::{
    CandidateId, Explainer, Explanation, Part, PassageMatch, Query, Ranking, Score, Term, TermOf,
    TermSource,
};
use ranker_xai::render::text;
use ranker_xai::{AdditiveExplainer, Language, PlainWords, Sides, html, paragraph};

use crate::case::{Model, job, ranked, ranking};
use crate::toy::ToyEmbedder;

fn explained() -> (Ranking, Vec<Explanation>) {
    let model = Model::linear();
    let ranking = ranking(&model);
    let explainer = AdditiveExplainer::new().with_alignment(Arc::new(ToyEmbedder));
    let explanations = explainer.explain(ranking.as_slice(), &model).unwrap();
    (ranking, explanations)
}

fn reason(id: &str) -> String {
    let (ranking, explanations) = explained();
    let explanation = explanations.iter().find(|e| e.id().as_str() == id).unwrap();
    text(explanation, &ranked(&ranking, id))
}

/// Words that were added to the job stand apart, with where they come from, in text, page and sentences.
#[test]
fn what_was_added_to_the_job_is_said() {
    let (ranking, explanations) = explained();
    let at = explanations.iter().position(|e| e.id().as_str() == "ada");
    let ada = explanations[at.unwrap()].clone();
    let ranked = ranked(&ranking, "ada");
    let reason = "Cargo <builds> Rust";
    let from = Term::new("cargo", 0.25, TermSource::Skill, reason).unwrap();
    let of = |word: &str| (word.to_owned(), "text".to_owned());
    let ((term, field), (own, own_field)) = (of("cargo"), of("rust"));
    let added = TermOf::Added { term, field, from };
    let own = TermOf::Word {
        term: own,
        field: own_field,
    };
    assert!(!text(&ada, &ranked).contains("added"));
    assert!(!html::card(&ada, &ranked, Language::English).contains("added"));
    let ada = ada.with_terms("bm25", [(own, 3.0), (added, 1.0)]);
    let said = text(&ada, &ranked);
    assert!(said.contains("Of this, words that were added to the job: +0.075\n  +0.075  bm25: cargo (text, added); skill, weight 0.250: Cargo <builds> Rust\n"), "{said}");
    let page = html::card(&ada, &ranked, Language::English);
    assert!(page.contains("<h2>Words that were added to the job</h2>"));
    assert!(page.contains("skill, weight 0.250: Cargo &lt;builds&gt; Rust"));
    for (language, expected) in [
        (Language::English, "give +0.075 of the score"),
        (Language::German, "machen +0,075 des Werts aus"),
    ] {
        let claims = PlainWords::new(language).account(&ada, &ranked);
        assert!(
            paragraph(&claims).contains(expected),
            "{}",
            paragraph(&claims)
        );
    }
}

#[test]
fn a_reason_in_words() {
    expect![[r#"
        1. ada (Search developer): score 1.040, from a base of 0.100
        For it:
          +0.540  How alike the job and the profile are in meaning: dense = 0.9
              +0.244  Kept judged queries and reported metrics
              +0.211  Mentoring of two juniors
              +0.121  Wrote the query parser in Rust.
          +0.300  Years of experience: years = 6
          +0.300  How well the job's words match, as a share of the best: bm25 = 1
        Against it:
          −0.200  Required skills that the profile does not name: gaps = 1
        Passages it rests on (similarity lost without each):
          "Kept judged queries and reported metrics" (0.320)
          "Mentoring of two juniors" (0.176)
          "Wrote the query parser in Rust." (0.116)
        Words it rests on most: queries, Mentoring, metrics, judged, Rust
        Closest passages:
          "Judged queries and offline metrics" ↔ "Kept judged queries and reported metrics" (0.81)
          "Mentoring engineers" ↔ "Mentoring of two juniors" (0.52)
          "Rust or C++ in production" ↔ "Wrote the query parser in Rust." (0.37)
    "#]]
    .assert_eq(&reason("ada"));
    expect![[r#"
        3. bob (Nurse): score −0.190, from a base of 0.100
        For it:
          +0.450  Years of experience: years = 9
          +0.060  How alike the job and the profile are in meaning: dense = 0.1
        Against it:
          −0.800  Required skills that the profile does not name: gaps = 4
        Passages it rests on (similarity lost without each):
          "Plans their discharge & <care>." (0.179)
        Words it rests on most: care
    "#]]
    .assert_eq(&reason("bob"));
}

#[test]
fn a_terminal_is_not_told_what_to_do() {
    expect![[r#"
        2. eve: score 0.020, from a base of 0.100
        For it:
          +0.300  How alike the job and the profile are in meaning: dense = 0.5
              +0.300  <script>alert("1")</script> Rust��[31m & 'C++' in production
          +0.120  How well the job's words match, as a share of the best: bm25 = 0.4
          +0.100  Years of experience: years = 2
        Against it:
          −0.600  Required skills that the profile does not name: gaps = 3
        Passages it rests on (similarity lost without each):
          "<script>alert("1")</script> Rust��[31m & 'C++' in production" (0.846)
        Words it rests on most: C++, Rust��
        Closest passages:
          "Rust or C++ in production" ↔ "<script>alert("1")</script> Rust��[31m & 'C++' in production" (1.00)
    "#]].assert_eq(&reason("eve"));
}

#[test]
fn small_parts_are_summed_up_and_unsound_matches_left_out() {
    let (ranking, _) = explained();
    let part = |i: usize| Part::new(format!("f{i}"), 1.0, 1.0 / (i + 1) as f64);
    let parts: Vec<Part> = (0..9).map(part).collect();
    let score = Score::new(parts.iter().map(|p| p.contribution).sum()).unwrap();
    let unsound = PassageMatch::new(0..1_000_000, usize::MAX..usize::MAX, 0.5);
    let explanation = Explanation::new(CandidateId::new("ada").unwrap(), score, 0.0, parts)
        .unwrap()
        .with_matches(vec![unsound]);
    let ada = ranked(&ranking, "ada");
    expect![[r#"
        1. ada (Search developer): score 2.829
        For it:
          +1.000  f0 = 1
          +0.500  f1 = 1
          +0.333  f2 = 1
          +0.250  f3 = 1
          +0.200  f4 = 1
          +0.167  f5 = 1
        3 other features together: +0.379
    "#]]
    .assert_eq(&text(&explanation, &ada));
    assert!(html::card(&explanation, &ada, Language::English).contains("<b><bdi>f8</bdi></b>"));
}

#[test]
fn a_card_holds_the_evidence() {
    let (ranking, explanations) = explained();
    let card = html::card(&explanations[0], &ranking.as_slice()[0], Language::English);
    expect![[r#"
        <details class="card" open>
        <summary><span class="rank">1</span><span class="who"><bdi class="name">Search developer</bdi><bdi class="id">ada</bdi></span><svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="f0" x="14.93" y="1" width="40.30" height="6"><title>Closeness in meaning +0.540</title></rect><rect class="f1" x="55.22" y="1" width="22.39" height="6"><title>years +0.300</title></rect><rect class="f2" x="77.61" y="1" width="22.39" height="6"><title>The match of the job&#39;s words +0.300</title></rect><rect class="f3" x="0.00" y="1" width="14.93" height="6"><title>gaps −0.200</title></rect><path class="axis" d="M14.93 0V8"/></svg><span class="score">1.040</span></summary>
        <div class="body">
        <p class="words">This profile stands in place 1 with a score of 1.040. Closeness in meaning (+0.540), the feature “years” (+0.300) and the match of the job&#39;s words (+0.300) speak most for it; the feature “gaps” (−0.200) speaks most against it.</p>
        <div class="passages">
        <section class="rationale"><h2>Passages the score rests on</h2>
        <p class="columns" aria-hidden="true"><span>The profile says</span><span>Lost without</span></p>
        <ol>
        <li><span class="number m1">1</span><bdi class="found">Kept judged queries and reported metrics</bdi><span class="alike" title="similarity lost without it">0.320</span></li>
        <li><span class="number m2">2</span><bdi class="found">Mentoring of two juniors</bdi><span class="alike" title="similarity lost without it">0.176</span></li>
        <li><span class="number m3">3</span><bdi class="found">Wrote the query parser in Rust.</bdi><span class="alike" title="similarity lost without it">0.116</span></li>
        </ol></section>
        <section class="matches"><h2>Closest passages</h2>
        <p class="columns" aria-hidden="true"><span>The job asks</span><span>The profile says</span><span>Alike</span></p>
        <ol>
        <li><bdi class="asked">Judged queries and offline metrics</bdi><bdi class="found">Kept judged queries and reported metrics</bdi><span class="alike" title="similarity">0.81</span></li>
        <li><bdi class="asked">Mentoring engineers</bdi><bdi class="found">Mentoring of two juniors</bdi><span class="alike" title="similarity">0.52</span></li>
        <li><bdi class="asked">Rust or C++ in production</bdi><bdi class="found">Wrote the query parser in Rust.</bdi><span class="alike" title="similarity">0.37</span></li>
        </ol></section>
        </div>
        <section class="parts"><h2>What the score is made of</h2>
        <table><caption>What each feature adds</caption><thead><tr><th scope="col">Feature</th><th scope="col">Value</th><th scope="col">Adds</th></tr></thead><tbody>
        <tr><th scope="row"><i class="key f0"></i><b>Closeness in meaning</b> <small><bdi>How alike the job and the profile are in meaning.</bdi></small><ul class="terms"><li><bdi>Kept judged queries and reported metrics</bdi> +0.244</li><li><bdi>Mentoring of two juniors</bdi> +0.211</li><li><bdi>Wrote the query parser in Rust.</bdi> +0.121</li><li>6 others −0.036</li></ul></th><td>0.9</td><td class="plus">+0.540</td></tr>
        <tr><th scope="row"><i class="key f1"></i><b><bdi>years</bdi></b> <small>Years of experience.</small></th><td>6</td><td class="plus">+0.300</td></tr>
        <tr><th scope="row"><i class="key f2"></i><b>The match of the job&#39;s words</b> <small><bdi>How well the job&#39;s words match, as a share of the best.</bdi></small></th><td>1</td><td class="plus">+0.300</td></tr>
        <tr><th scope="row"><i class="key f3"></i><b><bdi>gaps</bdi></b> <small>Required skills that the profile does not name.</small></th><td>1</td><td class="minus">−0.200</td></tr>
        </tbody><tfoot>
        <tr><th scope="row">Base</th><td></td><td>+0.100</td></tr>
        <tr><th scope="row">Score</th><td></td><td>1.040</td></tr>
        </tfoot></table></section>
        <section class="profile"><h2>Profile</h2>
        <ul class="facts"><li><b>years</b> <bdi>6</bdi></li></ul>
        <p class="of-words">Coloured: the passages that the score rests on. Bold: the single words that it rests on most.</p>
        <div class="text">Summary
        Likes order. <mark class="m3">Wrote the query parser in <b class="word">Rust</b>.<sup>3</sup></mark>

        Experience
        - <mark class="m1">Kept <b class="word">judged</b> <b class="word">queries</b> and reported <b class="word">metrics</b><sup>1</sup></mark>
        - <mark class="m2"><b class="word">Mentoring</b> of two juniors<sup>2</sup></mark>

        Skills
        SQL, Linux</div></section>
        </div>
        </details>
    "#]].assert_eq(&card);
}

#[test]
fn foreign_markup_is_inert() {
    let (ranking, explanations) = explained();
    let page = html::page(
        "</title><script>x</script>",
        &ranking,
        &explanations,
        Language::English,
    );
    assert!(!page.contains("<script"), "only escaped");
    assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"));
    assert!(page.contains("discharge &amp; &lt;care&gt;"));
    assert!(!page.contains(['\u{1b}', '\u{202e}']));
    let head = page.split("<body>").next().unwrap();
    assert_eq!(head.matches("</title>").count(), 1);
    assert!(
        !page.contains(" style="),
        "a page may forbid styles inside of its markup"
    );
    assert!(
        page.contains("default-src 'none'"),
        "and the browser is told so"
    );
}

#[test]
fn a_page_holds_everybody_and_loads_nothing() {
    let (ranking, mut explanations) = explained();
    let whole = html::page(
        "Search engineer",
        &ranking,
        &explanations,
        Language::English,
    );
    assert_eq!(whole.matches("<details class=\"card\"").count(), 3);
    assert_eq!(whole.matches("<details class=\"card\" open").count(), 1);
    assert!(whole.contains("the job description has 300 tokens"));
    for loads in ["http:", "https:", "src=", "href=", "url(", "@import"] {
        assert!(!whole.contains(loads), "{loads}");
    }
    explanations.reverse();
    assert_eq!(
        html::page(
            "Search engineer",
            &ranking,
            &explanations,
            Language::English
        ),
        whole
    );
    let bare = html::page("Search engineer", &ranking, &[], Language::English);
    assert_eq!(bare.matches("This place was not explained").count(), 3);
    let nobody = Ranking::new(Arc::new(Query::new(job())), "model-1", vec![]);
    assert!(html::page("Nobody", &nobody, &[], Language::English).contains("No candidates."));
}

/// What stands between the tags of a page, with whether it is a label: not foreign, and not marked as English.
fn texts(page: &str) -> (Vec<String>, Vec<String>) {
    // Elements whose content is foreign, or marked as English; <b> is the name of a feature or of a fact.
    let apart = [
        "bdi",
        "b",
        "q",
        "span lang=\"en\"",
        "div class=\"text\"",
        "title",
    ];
    let main = page.split("<main>").last().unwrap();
    let (mut tags, mut labels, mut inside) = (Vec::new(), Vec::new(), Vec::<bool>::new());
    for piece in main.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        if tag.starts_with('/') {
            inside.pop();
        } else if !tag.ends_with('/') {
            let outer = inside.last().copied().unwrap_or_default();
            let name = tag.split(' ').next().unwrap();
            inside.push(outer || apart.contains(&tag) || apart.contains(&name));
        }
        // Marks of English are the one difference of markup that there is between languages.
        tags.push(tag.split(' ').next().unwrap().to_owned());
        let text = text.trim();
        if !inside.last().copied().unwrap_or_default() && text.contains(char::is_alphabetic) {
            labels.push(text.to_owned());
        }
        labels.extend(tag.split("title=\"").nth(1).map(str::to_owned));
    }
    (tags, labels)
}

/// One template for both languages: the same elements, and no label of the one on a page in the other.
#[test]
fn a_page_is_in_one_language() {
    let (ranking, explanations) = crate::contrast::explained();
    let from = Term::new("cargo", 0.25, TermSource::Skill, "Cargo builds Rust").unwrap();
    let (term, field) = ("cargo".to_owned(), "text".to_owned());
    let of = TermOf::Added { term, field, from };
    let explanations: Vec<Explanation> = explanations
        .into_iter()
        .map(|one| one.with_terms("bm25", [(of.clone(), 1.0)]))
        .collect();
    let (_, contrast) = crate::contrast::first_two();
    let sides = Sides {
        above: &ranked(&ranking, "ada"),
        below: &ranked(&ranking, "eve"),
    };
    let all = |language| {
        let page = html::page("", &ranking, &explanations[..2], language);
        let contrast = html::contrast(&contrast, sides, language);
        page.replace("</main>", &format!("{contrast}</main>"))
    };
    let (english, german) = (all(Language::English), all(Language::German));
    assert!(english.contains("<html lang=\"en\">") && german.contains("<html lang=\"de\">"));
    assert!(!english.contains(" lang=\"en\">h") && !english.contains("<span lang="));
    let unmarked = |page: &str| {
        let (marked, mut plain) = (page.split("<span lang=\"en\">"), String::new());
        for (at, piece) in marked.enumerate() {
            plain += &match at {
                0 => piece.to_owned(),
                _ => piece.replacen("</span>", "", 1),
            };
        }
        texts(&plain).0
    };
    assert_eq!(unmarked(&german), texts(&english).0);
    let (english, german) = (texts(&english).1, texts(&german).1);
    assert!(english.len() > 60, "{}", english.len());
    for label in &german {
        assert!(!english.contains(label), "{label} is in both languages");
    }
    let page = all(Language::German);
    for said in [
        "erfüllt",
        "fehlt",
        "nicht genannt",
        "C++ oder Rust",
        "Deutsch",
        "1,040",
        "+0,540",
    ] {
        assert!(page.contains(said), "{said}");
    }
}
