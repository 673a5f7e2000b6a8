//! What else is asked of a ranking: two against each other, why not among the first, what would change it.

use pollster::block_on;
use ranker::xai::changes::Goal;
use ranker::xai::{Language, PlainWords, Sides, html, paragraph, render};
use ranker::{CandidateId, Ranked, Ranker, Ranking};
use ranker_examples::Outcome;

use crate::{Args, Words};

/// Answers, as text and for the page.
#[derive(Default)]
pub(crate) struct Answers {
    pub(crate) texts: Vec<String>,
    pub(crate) sections: Vec<String>,
}

impl Answers {
    /// What `--compare`, `--why-not` and `--what-if` ask.
    pub(crate) fn of(args: &Args, ranker: &Ranker, ranking: &Ranking) -> Outcome<Self> {
        let mut answers = Self::default();
        if let [one, other] = args.compare.as_slice() {
            let language = args.words.map(Words::language).unwrap_or_default();
            answers.compare((ranker, language), ranking, [one, other])?;
        }
        if let Some(id) = &args.why_not {
            let id = CandidateId::new(id)?;
            let why = block_on(ranker.why_not(ranking, &id, ranking.len()))?;
            answers.text(why.to_string());
        }
        if let Some(id) = &args.what_if {
            let id = CandidateId::new(id)?;
            let goal = Goal::place(next_place(ranking, &id));
            let changes = block_on(ranker.smallest_changes(ranking, &id, &goal))?;
            answers.text(format!("What would move {id} up:\n{changes}"));
        }
        Ok(answers)
    }

    fn compare(
        &mut self,
        (ranker, language): (&Ranker, Language),
        ranking: &Ranking,
        ids: [&String; 2],
    ) -> Outcome {
        let [one, other] = ids.map(CandidateId::new);
        let contrast = block_on(ranker.contrast(ranking, &one?, &other?))?;
        let of = |id: &CandidateId| -> Outcome<&Ranked> {
            let found = ranking.iter().find(|ranked| ranked.id() == id);
            found.ok_or_else(|| format!("{id} is not in the ranking").into())
        };
        let ranked = Sides {
            above: of(&contrast.ids().above)?,
            below: of(&contrast.ids().below)?,
        };
        let words = PlainWords::new(language).contrast(&contrast);
        let text = render::contrast(&contrast, ranked);
        self.texts.push(format!("{}\n{text}", paragraph(&words)));
        self.sections
            .push(html::contrast(&contrast, ranked, language));
        Ok(())
    }

    fn text(&mut self, text: String) {
        let escaped = html::Escaped(&text);
        let section = format!(
            "<section class=\"contrast\" lang=\"en\"><div class=\"text\">{escaped}</div></section>"
        );
        self.sections.push(section);
        self.texts.push(text);
    }
}

/// One place up; for somebody who is not shown, the last that is.
fn next_place(ranking: &Ranking, id: &CandidateId) -> usize {
    let found = ranking.iter().find(|ranked| ranked.id() == id);
    found.map_or(ranking.len(), |ranked| (ranked.rank - 1).max(1))
}
