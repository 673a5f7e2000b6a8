//! The pages in English.

use ranker::xai::Language;

use super::{
    AuditWords, CandidateWords, CompareWords, Frame, Home, LearningWords, RankingWords, SignIn,
    Words, WorkWords,
};
use crate::history::Kind;
use crate::wire::Told;
use crate::work::Step;

pub(super) const WORDS: Words = Words {
    language: Language::English,
    tag: "en",
    name: "English",
    in_it: "In English",
    decimal: ".",
    time: |[year, month, day, hour, minute]| {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
    },
    frame: Frame {
        skip: "Skip to the content",
        pages: "Pages",
        menu: ["Rank", "Learning", "Audit"],
        sign_out: "Sign out",
        failed: "That did not work",
        go_back: "Go back in your browser, or <a href=\"/\">begin anew</a>.",
        untitled: "A job without a title",
        hidden: "hidden",
    },
    sign_in: SignIn {
        title: "Sign in",
        token: "Your token",
        given: "Whoever runs this service gave it to you.",
        wrong: "There is no such token.",
    },
    home: Home {
        title: "Rank people for a job",
        so_far: "Your rankings so far",
        the_job: "The job",
        job_title: "Title",
        description: "Description",
        job_file: "or a document with it",
        job_help: "Say what is required and what is merely welcome: each is judged for everyone. What you say of yourself \
                   as an employer does not count.",
        resumes: "Resumes to add",
        documents: "Documents",
        documents_help: "PDF, Word (.docx), OpenDocument, RTF, HTML or text; 32 MiB in all. What cannot be read is named.",
        pasted: "or pasted",
        pasted_help: "Several at once: a line of three hyphens between them.",
        whom: "Who is ranked",
        everyone: |held| format!("Everyone: {held} held already, and those you add"),
        only_new: "Only those you add now",
        how_many: "How many to show",
        rank: "Rank",
        none: "None yet.",
        newest: "Newest first",
        job: "Job",
        when: "When",
        shown: "Shown",
    },
    work: WorkWords {
        done: "Done, with something to know",
        read: "Please read",
        go_on: "Go on to the result",
        title: "Working",
        of: "of",
        goes_on: "This goes on whether or not you stay here.",
        again: "Look again",
        step: |step| match step {
            Step::Beginning => "Beginning",
            Step::Documents => "Reading documents",
            Step::Encoding => "Encoding resumes",
            Step::Ranking => "Ranking",
            Step::Feedback => "Reading what was said",
            Step::Learning => "Learning",
            Step::Gate => "Asking the gate",
        },
    },
    ranking: RankingWords {
        about: |people| {
            let people = match people {
                1 => "1 person".to_owned(),
                people => format!("{people} people"),
            };
            format!(
                "{people}, best first. They are ranked without names, ages and addresses, and shown so."
            )
        },
        note: "Please note",
        description: "The job description",
        change: "Change the job and rank again",
        record: "Download the record of this decision",
        record_holds: "(JSON: what was read, by which model, who stood where)",
        required: "What is required, and what is there",
        requirements: "Requirements",
        nobody: "Nobody was found.",
        compare: "Compare",
        with: "with",
        score: "score",
        number: "number",
        shortlist: "Shortlist",
        grade: "Grade",
        choose: "choose",
        give_grade: "Give grade",
        turn_down: "Turn down",
        reason: "Reason",
        said: "You said:",
        shortlisted: "on your shortlist",
        turned_down: "turned down:",
        graded: "graded",
        grades: ["0, unsuitable", "1, weak", "2, good", "3, excellent"],
    },
    candidate: CandidateWords {
        of_job: "for",
        judgement: "Your judgement",
        as_written: "Show as written",
        as_written_help: "With the name and all else that is hidden. That you looked is recorded.",
        hide: "Hide again who it is",
        erase: "Erase this person",
        erase_all: "Erase profile, embedding and all that was said of this person, from everything that this service keeps. \
                    It cannot be undone.",
        erase_now: "Erase",
        erased: "Erased",
        receipt: |whom, receipt| {
            format!(
                "Of <bdi>{whom}</bdi> nothing is held any more: {} events were deleted and {} changed, {} records of decisions \
                 changed, {} files written anew. Copies elsewhere (backups, downloaded records) are not reached.",
                receipt.events_deleted,
                receipt.events_changed,
                receipt.records_changed,
                receipt.files_rewritten,
            )
        },
        back: "Back to the ranking",
    },
    compare: CompareWords {
        beside: "beside",
        of_job: "For",
        recorded: "Your word is recorded.",
        no_difference: "On what is required there is no difference between the two.",
        question: "Who is better for this job, as you see it?",
        is_better: |who| format!("{who} is better"),
    },
    learning: LearningWords {
        title: "Learning",
        model_now: "The model that ranks now:",
        so_far: "What was said so far",
        kind: |kind| match kind {
            Kind::Shown => "Rankings shown",
            Kind::Click => "Clicks",
            Kind::Opened => "Profiles shown as written, or opened",
            Kind::Shortlisted => "Shortlisted",
            Kind::TurnedDown => "Turned down",
            Kind::Preference => "Preferences between two",
            Kind::Grade => "Grades",
            Kind::Other => "Other",
        },
        of_all: "By all who use this service. Learning changes nothing by itself: you see first what it would change.",
        learn: "Learn from it",
        back: "Go back",
        back_help: "Serves the model before this one again. Rankings that were shown stay explained by the model that made \
                    them.",
        roll_back: "Roll back",
        served: "The learned model ranks now.",
        refused: "The gate did not let it pass: the model that ranks has not changed.",
        rolled_back: "The model before ranks again.",
        learned: "What was learned",
        from: |comparisons, lists| {
            format!("Preferences: {comparisons}; judged or clicked lists: {lists}.")
        },
        model: "The model:",
        would_change: "What it would change in your last rankings",
        none: "You have none yet.",
        serve: "Serve it, if the gate lets it pass",
        ndcg: |mean, low| format!("On jobs held out, nDCG changes by {mean}, by {low} at least."),
        passes: "The gate lets it pass.",
        fails: "The gate does not let it pass:",
        no_weights: "It is no sum of weighted features, so there are no weights to show.",
        weights: "What each feature weighs",
        feature: "Feature",
        now: "Now",
        then: "Then",
        relative: "Only how they relate to each other counts.",
        nobody_moves: "everyone stays in place.",
        candidate: "Candidate",
        place_now: "Place now",
        moves: "Moves",
        up: "up",
        down: "down",
    },
    audit: AuditWords {
        title: "Audit",
        intro: "How the rankings that were shown, to anyone, treat groups of people: who is among the first, who scores above \
                the median, what places are worth.",
        groups: "Who belongs to which group",
        groups_help: "A table (CSV) with a column <code>id</code> and one for each attribute, such as <code>sex</code>. It is \
                      read for this answer and not kept: groups are never part of a profile or of what is learned.",
        first: "How many of the first places count as chosen",
        audit: "Audit",
        result: "Audit of the rankings shown",
        about: |rankings, first| {
            format!(
                "Rankings: {rankings}; the first {first} of each count as chosen. What these numbers can and cannot say stands \
                 in the documentation (AUDIT.md)."
            )
        },
        by: "By",
        again: "Again",
    },
    fault: |fault| Some(fault.to_string()),
    note: |note| Some(note.to_string()),
    reason: |reason| Some(Told(reason).to_string()),
};
