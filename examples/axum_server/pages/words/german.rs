//! The pages in German.

use ranker::xai::Language;

use super::german_faults::{fault, note, reason};
use super::{
    AuditWords, CandidateWords, CompareWords, Frame, Home, LearningWords, RankingWords, SignIn,
    Words, WorkWords,
};
use crate::history::Kind;
use crate::work::Step;

pub(super) const WORDS: Words = Words {
    language: Language::German,
    tag: "de",
    name: "Deutsch",
    in_it: "Auf Deutsch",
    decimal: ",",
    time: |[year, month, day, hour, minute]| {
        format!("{day:02}.{month:02}.{year:04}, {hour:02}:{minute:02} Uhr (UTC)")
    },
    frame: Frame {
        skip: "Zum Inhalt",
        pages: "Seiten",
        menu: ["Rangfolge", "Lernen", "Prüfung"],
        sign_out: "Abmelden",
        failed: "Das hat nicht geklappt",
        go_back: "Gehen Sie in Ihrem Browser zurück oder <a href=\"/\">beginnen Sie neu</a>.",
        untitled: "Eine Stelle ohne Titel",
        hidden: "verdeckt",
    },
    sign_in: SignIn {
        title: "Anmelden",
        token: "Ihr Zugangsschlüssel",
        given: "Sie haben ihn von den Betreibern dieses Diensts.",
        wrong: "Diesen Zugangsschlüssel gibt es nicht.",
    },
    home: Home {
        title: "Rangfolge für eine Stelle erstellen",
        so_far: "Ihre bisherigen Rangfolgen",
        the_job: "Die Stelle",
        job_title: "Titel",
        description: "Beschreibung",
        job_file: "oder als Dokument",
        job_help: "Schreiben Sie, was verlangt und was nur erwünscht ist: Beides wird bei allen einzeln geprüft. Was Sie über \
                   sich als Arbeitgeber sagen, zählt nicht.",
        resumes: "Neue Lebensläufe",
        documents: "Dokumente",
        documents_help: "PDF, Word (.docx), OpenDocument, RTF, HTML oder reiner Text; zusammen bis zu 32 MiB. Was nicht \
                         gelesen werden kann, wird genannt.",
        pasted: "oder als Text",
        pasted_help: "Auch mehrere: dazwischen eine Zeile aus drei Bindestrichen.",
        whom: "Wer in die Rangfolge kommt",
        everyone: |held| format!("Alle: {held} Personen, die schon da sind, und die neuen"),
        only_new: "Nur die neuen",
        how_many: "Wie viele Personen angezeigt werden",
        rank: "Rangfolge erstellen",
        none: "Noch keine.",
        newest: "Die neuesten zuerst",
        job: "Stelle",
        when: "Wann",
        shown: "Angezeigt",
    },
    work: WorkWords {
        done: "Fertig, mit Hinweisen",
        read: "Bitte lesen",
        go_on: "Weiter zum Ergebnis",
        title: "In Arbeit",
        of: "von",
        goes_on: "Das geht auch weiter, wenn Sie diese Seite verlassen.",
        again: "Neu nachsehen",
        step: |step| match step {
            Step::Beginning => "Beginn",
            Step::Documents => "Dokumente werden gelesen",
            Step::Encoding => "Lebensläufe werden aufbereitet",
            Step::Ranking => "Die Rangfolge entsteht",
            Step::Feedback => "Urteile werden gelesen",
            Step::Learning => "Es wird gelernt",
            Step::Gate => "Das Gelernte wird geprüft",
        },
    },
    ranking: RankingWords {
        about: |people| {
            let people = match people {
                1 => "1 Person".to_owned(),
                people => format!("{people} Personen"),
            };
            format!(
                "{people}, die besten zuerst. Namen, Alter und Anschriften zählen nicht und werden nicht angezeigt."
            )
        },
        note: "Bitte beachten",
        description: "Die Stellenbeschreibung",
        change: "Die Stelle ändern und eine neue Rangfolge erstellen",
        record: "Das Protokoll dieser Entscheidung herunterladen",
        record_holds: "(JSON: was gelesen wurde, von welchem Modell, wer wo stand)",
        required: "Was verlangt wird und was da ist",
        requirements: "Anforderungen",
        nobody: "Es wurde niemand gefunden.",
        compare: "Vergleichen",
        with: "mit",
        score: "Wert",
        number: "Nummer",
        shortlist: "Vormerken",
        grade: "Note",
        choose: "auswählen",
        give_grade: "Note geben",
        turn_down: "Ablehnen",
        reason: "Grund",
        said: "Sie haben angegeben:",
        shortlisted: "vorgemerkt",
        turned_down: "abgelehnt:",
        graded: "Note",
        grades: ["0, ungeeignet", "1, schwach", "2, gut", "3, ausgezeichnet"],
    },
    candidate: CandidateWords {
        of_job: "für",
        judgement: "Ihr Urteil",
        as_written: "Anzeigen, wie es geschrieben ist",
        as_written_help: "Mit dem Namen und allem anderen, was verdeckt ist. Dass Sie es angesehen haben, wird festgehalten.",
        hide: "Wieder verdecken, wer es ist",
        erase: "Diese Person löschen",
        erase_all: "Profil, Vektoren und alles, was über diese Person gesagt wurde, aus allem löschen, was dieser Dienst \
                    aufbewahrt. Das lässt sich nicht rückgängig machen.",
        erase_now: "Löschen",
        erased: "Gelöscht",
        receipt: |whom, receipt| {
            format!(
                "Von <bdi>{whom}</bdi> ist nichts mehr vorhanden: {} Ereignisse gelöscht und {} geändert, {} Protokolle von \
                 Entscheidungen geändert, {} Dateien neu geschrieben. Kopien anderswo (Sicherungen, heruntergeladene \
                 Protokolle) sind davon nicht berührt.",
                receipt.events_deleted,
                receipt.events_changed,
                receipt.records_changed,
                receipt.files_rewritten,
            )
        },
        back: "Zurück zur Rangfolge",
    },
    compare: CompareWords {
        beside: "neben",
        of_job: "Für",
        recorded: "Ihre Angabe ist festgehalten.",
        no_difference: "In dem, was verlangt wird, unterscheiden sich die beiden nicht.",
        question: "Wer passt aus Ihrer Sicht besser zu dieser Stelle?",
        is_better: |who| format!("{who} passt besser"),
    },
    learning: LearningWords {
        title: "Lernen",
        model_now: "Das Modell, das zurzeit ordnet:",
        so_far: "Was bisher gesagt wurde",
        kind: |kind| match kind {
            Kind::Shown => "Angezeigte Rangfolgen",
            Kind::Click => "Klicks",
            Kind::Opened => "Geöffnete oder unverdeckt angesehene Profile",
            Kind::Shortlisted => "Vorgemerkt",
            Kind::TurnedDown => "Abgelehnt",
            Kind::Preference => "Vergleiche von zweien",
            Kind::Grade => "Noten",
            Kind::Other => "Anderes",
        },
        of_all: "Von allen, die diesen Dienst nutzen. Durch das Lernen allein ändert sich nichts: Sie sehen zuerst, was sich \
                 ändern würde.",
        learn: "Daraus lernen",
        back: "Zurücknehmen",
        back_help: "Danach ordnet wieder das vorige Modell. Rangfolgen, die schon angezeigt wurden, erklärt weiter das Modell, \
                    von dem sie sind.",
        roll_back: "Das vorige Modell einsetzen",
        served: "Das gelernte Modell ordnet jetzt.",
        refused: "Die Prüfung hat es nicht durchgelassen: Das Modell, das ordnet, ist dasselbe geblieben.",
        rolled_back: "Das vorige Modell ordnet wieder.",
        learned: "Was gelernt wurde",
        from: |comparisons, lists| {
            format!("Vergleiche: {comparisons}; benotete oder angeklickte Listen: {lists}.")
        },
        model: "Das Modell:",
        would_change: "Was es an Ihren letzten Rangfolgen ändern würde",
        none: "Sie haben noch keine.",
        serve: "Einsetzen, wenn die Prüfung es durchlässt",
        ndcg: |mean, low| {
            format!("Auf zurückgelegten Stellen ändert sich nDCG um {mean}, mindestens um {low}.")
        },
        passes: "Die Prüfung lässt es durch.",
        fails: "Die Prüfung lässt es nicht durch:",
        no_weights: "Es ist keine Summe gewichteter Merkmale; Gewichte gibt es daher nicht zu zeigen.",
        weights: "Was jedes Merkmal wiegt",
        feature: "Merkmal",
        now: "Jetzt",
        then: "Dann",
        relative: "Es kommt nur auf ihr Verhältnis zueinander an.",
        nobody_moves: "Alle behalten ihren Platz.",
        candidate: "Person",
        place_now: "Platz jetzt",
        moves: "Bewegung",
        up: "hinauf um",
        down: "hinunter um",
    },
    audit: AuditWords {
        title: "Prüfung auf Gleichbehandlung",
        intro: "Wie die Rangfolgen, die irgendwem angezeigt wurden, Gruppen von Menschen behandeln: wer unter den ersten steht, \
                wer einen Wert über dem Median hat, was die Plätze wert sind.",
        groups: "Wer zu welcher Gruppe gehört",
        groups_help: "Eine Tabelle (CSV) mit einer Spalte <code>id</code> und einer für jede Eigenschaft, etwa \
                      <code>geschlecht</code>. Sie wird für diese Antwort gelesen und nicht behalten: Gruppen sind nie Teil eines \
                      Profils oder dessen, was gelernt wird.",
        first: "Wie viele der ersten Plätze als gewählt zählen",
        audit: "Prüfen",
        result: "Prüfung der angezeigten Rangfolgen",
        about: |rankings, first| {
            format!(
                "Rangfolgen: {rankings}; in jeder zählen die ersten {first} als gewählt. Was diese Zahlen sagen können und was \
                 nicht, steht in der Dokumentation (AUDIT.md)."
            )
        },
        by: "Nach",
        again: "Noch einmal",
    },
    fault,
    note,
    reason,
};
