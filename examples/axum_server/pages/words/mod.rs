//! The words of the pages, a table for each language: what one of them lacks does not compile. Texts are markup and none is
//! foreign, but for titles of pages and what says so.

mod english;
mod german;
mod german_faults;

use ranker::rlhf::gate::Reason;
use ranker::xai::Language;
use ranker::xai::html::Escaped;

use crate::fault::Fault;
use crate::history::Kind;
use crate::intake::Note;
use crate::wire::{EraseResponse, Told};
use crate::work::Step;

/// All that the pages say in one language.
pub(super) struct Words {
    pub(super) language: Language,
    /// The tag of the language (RFC 5646).
    pub(super) tag: &'static str,
    /// What it calls itself.
    pub(super) name: &'static str,
    /// Over sentences in it on a page in another.
    pub(super) in_it: &'static str,
    decimal: &'static str,
    /// A day and a time of day: year, month, day, hour, minute.
    pub(super) time: fn([i64; 5]) -> String,

    pub(super) frame: Frame,
    pub(super) sign_in: SignIn,
    pub(super) home: Home,
    pub(super) work: WorkWords,
    pub(super) ranking: RankingWords,
    pub(super) candidate: CandidateWords,
    pub(super) compare: CompareWords,
    pub(super) learning: LearningWords,
    pub(super) audit: AuditWords,

    /// As text, not markup; `None` where a library's words exist in English alone. So are the next two.
    fault: fn(&Fault) -> Option<String>,
    note: fn(&Note) -> Option<String>,
    reason: fn(&Reason) -> Option<String>,
}

/// What all pages share.
pub(super) struct Frame {
    pub(super) skip: &'static str,
    pub(super) pages: &'static str,
    /// As in [`Words`]: the pages at `/`, `/learning` and `/audit`.
    pub(super) menu: [&'static str; 3],
    pub(super) sign_out: &'static str,
    pub(super) failed: &'static str,
    pub(super) go_back: &'static str,
    pub(super) untitled: &'static str,
    /// Stands for what is covered.
    pub(super) hidden: &'static str,
}

pub(super) struct SignIn {
    pub(super) title: &'static str,
    pub(super) token: &'static str,
    pub(super) given: &'static str,
    pub(super) wrong: &'static str,
}

/// Where a ranking begins.
pub(super) struct Home {
    pub(super) title: &'static str,
    pub(super) so_far: &'static str,
    pub(super) the_job: &'static str,
    pub(super) job_title: &'static str,
    pub(super) description: &'static str,
    pub(super) job_file: &'static str,
    pub(super) job_help: &'static str,
    pub(super) resumes: &'static str,
    pub(super) documents: &'static str,
    pub(super) documents_help: &'static str,
    pub(super) pasted: &'static str,
    pub(super) pasted_help: &'static str,
    pub(super) whom: &'static str,
    /// With how many are held.
    pub(super) everyone: fn(usize) -> String,
    pub(super) only_new: &'static str,
    pub(super) how_many: &'static str,
    pub(super) rank: &'static str,
    pub(super) none: &'static str,
    pub(super) newest: &'static str,
    pub(super) job: &'static str,
    pub(super) when: &'static str,
    pub(super) shown: &'static str,
}

/// How far a piece of work is.
pub(super) struct WorkWords {
    pub(super) done: &'static str,
    pub(super) read: &'static str,
    pub(super) go_on: &'static str,
    pub(super) title: &'static str,
    pub(super) of: &'static str,
    pub(super) goes_on: &'static str,
    pub(super) again: &'static str,
    pub(super) step: fn(Step) -> &'static str,
}

/// A ranking, and what is said of those in it.
pub(super) struct RankingWords {
    /// With how many they are.
    pub(super) about: fn(usize) -> String,
    pub(super) note: &'static str,
    pub(super) description: &'static str,
    pub(super) change: &'static str,
    pub(super) record: &'static str,
    pub(super) record_holds: &'static str,
    pub(super) required: &'static str,
    pub(super) requirements: &'static str,
    pub(super) nobody: &'static str,
    pub(super) compare: &'static str,
    pub(super) with: &'static str,
    pub(super) score: &'static str,
    /// Which one a button is of, for who does not see where it stands.
    pub(super) number: &'static str,
    pub(super) shortlist: &'static str,
    pub(super) grade: &'static str,
    pub(super) choose: &'static str,
    pub(super) give_grade: &'static str,
    pub(super) turn_down: &'static str,
    pub(super) reason: &'static str,
    pub(super) said: &'static str,
    pub(super) shortlisted: &'static str,
    pub(super) turned_down: &'static str,
    pub(super) graded: &'static str,
    /// The grades, from 0.
    pub(super) grades: [&'static str; 4],
}

pub(super) struct CandidateWords {
    pub(super) of_job: &'static str,
    pub(super) judgement: &'static str,
    pub(super) as_written: &'static str,
    pub(super) as_written_help: &'static str,
    pub(super) hide: &'static str,
    pub(super) erase: &'static str,
    pub(super) erase_all: &'static str,
    pub(super) erase_now: &'static str,
    pub(super) erased: &'static str,
    /// Of whom what was erased.
    pub(super) receipt: fn(Escaped<'_>, &EraseResponse) -> String,
    pub(super) back: &'static str,
}

/// Two candidates side by side.
pub(super) struct CompareWords {
    /// Between the two, in the title.
    pub(super) beside: &'static str,
    pub(super) of_job: &'static str,
    pub(super) recorded: &'static str,
    pub(super) no_difference: &'static str,
    pub(super) question: &'static str,
    /// Who.
    pub(super) is_better: fn(&str) -> String,
}

pub(super) struct LearningWords {
    pub(super) title: &'static str,
    pub(super) model_now: &'static str,
    pub(super) so_far: &'static str,
    pub(super) kind: fn(Kind) -> &'static str,
    pub(super) of_all: &'static str,
    pub(super) learn: &'static str,
    pub(super) back: &'static str,
    pub(super) back_help: &'static str,
    pub(super) roll_back: &'static str,
    pub(super) served: &'static str,
    pub(super) refused: &'static str,
    pub(super) rolled_back: &'static str,
    pub(super) learned: &'static str,
    /// From how many preferences and lists.
    pub(super) from: fn(usize, usize) -> String,
    pub(super) model: &'static str,
    pub(super) would_change: &'static str,
    pub(super) none: &'static str,
    pub(super) serve: &'static str,
    /// The mean change of nDCG, and its lower bound.
    pub(super) ndcg: fn(&str, &str) -> String,
    pub(super) passes: &'static str,
    pub(super) fails: &'static str,
    pub(super) no_weights: &'static str,
    pub(super) weights: &'static str,
    pub(super) feature: &'static str,
    pub(super) now: &'static str,
    pub(super) then: &'static str,
    pub(super) relative: &'static str,
    pub(super) nobody_moves: &'static str,
    pub(super) candidate: &'static str,
    pub(super) place_now: &'static str,
    pub(super) moves: &'static str,
    pub(super) up: &'static str,
    pub(super) down: &'static str,
}

pub(super) struct AuditWords {
    pub(super) title: &'static str,
    pub(super) intro: &'static str,
    pub(super) groups: &'static str,
    pub(super) groups_help: &'static str,
    pub(super) first: &'static str,
    pub(super) audit: &'static str,
    pub(super) result: &'static str,
    /// Of how many rankings, of which how many first places.
    pub(super) about: fn(usize, usize) -> String,
    pub(super) by: &'static str,
    pub(super) again: &'static str,
}

/// The languages that there are.
pub(super) const ALL: [&Words; 2] = [&english::WORDS, &german::WORDS];

impl Words {
    /// A number with this language's decimal sign.
    pub(super) fn number(&self, number: impl std::fmt::Display) -> String {
        let number = number.to_string().replace('-', "−");
        number.replace('.', self.decimal)
    }

    /// What is wrong, with a capital at its beginning.
    pub(super) fn fault(&self, fault: &Fault) -> String {
        let said = (self.fault)(fault).map(|said| capital(&said));
        self.said(said, || capital(&fault.to_string()))
    }

    /// What was not read, or with a loss; it may begin with the name of a file.
    pub(super) fn note(&self, note: &Note) -> String {
        self.said((self.note)(note), || note.to_string())
    }

    /// Why a model is not served, with a capital at its beginning.
    pub(super) fn reason(&self, reason: &Reason) -> String {
        let said = (self.reason)(reason).map(|said| capital(&said));
        self.said(said, || capital(&Told(reason).to_string()))
    }

    /// Words in this language; else those in English, marked as such.
    fn said(&self, said: Option<String>, english: impl FnOnce() -> String) -> String {
        match said {
            Some(said) => Escaped(&said).to_string(),
            None => format!("<span lang=\"en\">{}</span>", Escaped(&english())),
        }
    }
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}
