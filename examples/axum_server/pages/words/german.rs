//! The pages in German.

use ranker::core::ValueError;
use ranker::ingest::{Unreadable, Warning};
use ranker::rlhf::LearnError;
use ranker::rlhf::gate::Reason;
use ranker::xai::Language;
use ranker::xai::audit::AuditError;

use super::{
    AuditWords, CandidateWords, CompareWords, Frame, Home, LearningWords, RankingWords, SignIn,
    Words, WorkWords,
};
use crate::fault::{Fault, Long, What};
use crate::history::Kind;
use crate::intake::{Note, Sent};
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

fn fault(fault: &Fault) -> Option<String> {
    let said = match fault {
        Fault::NoSuch(What::Ranking) => "diese Rangfolge gibt es nicht",
        Fault::NoSuch(What::Record) => "dieses Protokoll gibt es nicht",
        Fault::NoSuch(What::Work) => "diese Arbeit gibt es nicht",
        Fault::NoSuch(What::Candidate) => "diese Person gibt es hier nicht",
        Fault::NoMethod => "so lässt sich diese Adresse nicht aufrufen",
        Fault::Internal => {
            "hier ist etwas fehlgeschlagen; wer den Dienst betreibt, findet es unter der Nummer der Anfrage"
        }
        Fault::Busy => {
            "etwas, das gebraucht wird, ist beschäftigt oder nicht da; versuchen Sie es noch einmal"
        }
        Fault::TooMuch => "es ist schon zu viel in Arbeit",
        Fault::Deadline => "die Frist ist verstrichen",
        Fault::Late => "die Antwort hätte länger gedauert, als eine Anfrage dauern darf",
        Fault::SlowBody => "die Daten kamen zu langsam",
        Fault::LongBody => "es sind zu viele Daten auf einmal",
        Fault::ForeignHost => {
            "ohne --clients wird hier nur unter localhost oder einer Adresse dieses Rechners geantwortet"
        }
        Fault::ForeignPage => "die Seite eines anderen Anbieters darf hier nichts ändern",
        Fault::ForeignForm => {
            "dieses Formular ist nicht von diesem Dienst, seit er läuft: öffnen Sie die Seite neu und senden Sie es von dort"
        }
        Fault::NoToken => {
            "dafür braucht es einen Zugangsschlüssel: Authorization: Bearer SCHLÜSSEL"
        }
        Fault::NotSignedIn => "melden Sie sich zuerst an",
        Fault::TooLong { what, most, length } => {
            let what = match what {
                Long::Job => "eine Stelle",
                Long::Title => "ein Titel",
                Long::Profile => "ein Profil",
                Long::Reason => "ein Grund",
            };
            return Some(format!("{what} darf {most} Byte haben, hat aber {length}"));
        }
        Fault::Value(ValueError::Empty {
            what: "job description",
        }) => "die Stelle hat keine Beschreibung: schreiben Sie etwas hinein",
        Fault::Value(_) | Fault::Words(_) => return None,
        Fault::JobUnread(why) => {
            let why = unread(why)?;
            return Some(format!(
                "das Dokument mit der Stelle wurde nicht gelesen: {why}"
            ));
        }
        Fault::HowMany => "wie viele angezeigt werden, muss eine ganze Zahl sein",
        Fault::Top { most, top } => {
            return Some(format!("angezeigt werden können 1 bis {most}, nicht {top}"));
        }
        Fault::Nobody(notes) if notes.is_empty() => {
            "es ist niemand da, der geordnet werden könnte: geben Sie Lebensläufe dazu"
        }
        Fault::Nobody(notes) => {
            let notes: Option<Vec<String>> = notes.iter().map(note).collect();
            let notes = notes?.join("; ");
            return Some(format!(
                "es ist niemand da, der geordnet werden könnte: {notes}"
            ));
        }
        Fault::NoGrade => "wählen Sie eine Note von 0 bis 3",
        Fault::NoKind => "das Formular sagt nicht, was festgehalten werden soll",
        Fault::NotSure => "setzen Sie das Häkchen: Löschen lässt sich nicht rückgängig machen",
        Fault::NoModel => "das Modell dieser Rangfolge gibt es nicht mehr",
        Fault::NotServed => "das Modell, das ordnet, ist dasselbe geblieben",
        Fault::LearningAlready => "es wird schon gelernt",
        Fault::NothingLearned => "seit der Dienst läuft, wurde nichts gelernt: lernen Sie zuerst",
        Fault::Learn(error) => match &**error {
            LearnError::NoComparisons => {
                "es gibt nichts, woraus zu lernen wäre: vergleichen oder benoten Sie zuerst"
            }
            LearnError::OnlyTies { .. } => {
                "alle Vergleiche gingen unentschieden aus: sagen Sie, wer besser passt"
            }
            LearnError::NoDifference { .. } => {
                "in allen Vergleichen haben beide dieselben Merkmale"
            }
            _ => return None,
        },
        Fault::Places => "wie viele Plätze als gewählt zählen, muss eine ganze Zahl sein",
        Fault::NoGroups => "wählen Sie eine Datei mit den Gruppen",
        Fault::NoColumn => "die Datei hat nur die Spalte id",
        Fault::Audit(AuditError::NobodyKnown {
            candidates,
            attribute,
        }) => {
            return Some(format!(
                "von keiner der {candidates} angezeigten Personen ist bekannt: {attribute}"
            ));
        }
        Fault::Audit(AuditError::TwoGroups {
            id,
            attribute,
            first,
            second,
        }) => {
            return Some(format!(
                "{id} hat zwei Werte von {attribute}: „{first}“ und „{second}“"
            ));
        }
        Fault::Audit(_) => return None,
        Fault::Same(_) => "das ist zweimal dieselbe Person: wählen Sie zwei verschiedene",
    };
    Some(said.to_owned())
}

fn note(note: &Note) -> Option<String> {
    let from = |sent: &Sent| match sent {
        Sent::File(name) => name.clone(),
        Sent::Pasted => "ein eingefügter Lebenslauf".to_owned(),
    };
    Some(match note {
        Note::Warned(sent, warned) => format!("{}: {}", from(sent), warning(warned)?),
        Note::Unread(sent, why) => format!("{} wurde ausgelassen: {}", from(sent), unread(why)?),
        Note::Refused(sent, ValueError::Empty { .. }) => {
            format!("{} wurde ausgelassen: kein Text darin", from(sent))
        }
        Note::Refused(..) => return None,
        Note::TooLong(sent, most) => {
            let from = from(sent);
            format!("{from} wurde ausgelassen: mehr als {most} KiB Text")
        }
        Note::Twice(sent) => format!("{} ist zweimal da", from(sent)),
    })
}

/// Why a document was not read.
fn unread(why: &Unreadable) -> Option<String> {
    Some(match why {
        Unreadable::Empty => "es ist leer".to_owned(),
        Unreadable::Scanned { pages } => {
            format!(
                "die {pages} Seiten sind Bilder ohne Text: lassen Sie zuerst eine Texterkennung (OCR) laufen"
            )
        }
        Unreadable::Encrypted => "es ist verschlüsselt: speichern Sie es ohne Kennwort".to_owned(),
        Unreadable::Kind { kind } => format!("Dateien dieser Art werden nicht gelesen ({kind})"),
        Unreadable::Encoding => {
            "die Zeichenkodierung ist unbekannt: speichern Sie es als UTF-8".to_owned()
        }
        Unreadable::Damaged { .. } => "es ist beschädigt".to_owned(),
        Unreadable::TooLarge { limit, .. } => format!("es ist größer als {limit} Byte"),
        Unreadable::TooDeep { .. } => "es ist zu tief verschachtelt".to_owned(),
        Unreadable::TooSlow { limit } => {
            format!("das Lesen dauerte länger als {} s", limit.as_secs())
        }
        _ => return None,
    })
}

/// What was lost of a document.
fn warning(warning: &Warning) -> Option<String> {
    Some(match warning {
        Warning::Encoding { encoding } => format!("gelesen als {encoding}"),
        Warning::Replaced { count } => format!("{count} Bytefolgen sind keine Zeichen"),
        Warning::Hidden { characters } => {
            format!("{characters} Zeichen unsichtbaren Texts wurden ausgelassen")
        }
        Warning::Pages { read, of } => format!("die ersten {read} von {of} Seiten wurden gelesen"),
        Warning::EmptyPages { count } => format!("{count} Seiten ohne Text"),
        Warning::Part { name } => format!("der Teil {name} war nicht zu lesen"),
        Warning::Truncated => "beschädigt; was zu lesen war, wurde behalten".to_owned(),
        _ => return None,
    })
}

/// Why a model is not served.
fn reason(reason: &Reason) -> Option<String> {
    let number = |number: f64| format!("{number:+.4}").replace('.', ",");
    Some(match reason {
        Reason::NotBetter { value, low } => format!(
            "es scheint je Liste {} mehr zu bringen, aber die untere Grenze davon ist {}, nicht über 0",
            number(*value),
            number(*low)
        ),
        Reason::NothingHeldOut => {
            "keine Stelle war zurückgelegt: es wurde auf keiner geprüft, die es nicht schon gesehen hat".to_owned()
        }
        Reason::SameScores => {
            "es gibt allen für eine Stelle denselben Wert: so ordnet es nichts".to_owned()
        }
        Reason::OneSource { .. } | Reason::SourceAlone { .. } => {
            "es beruht auf den Urteilen eines einzigen Zugangs: keiner entscheidet allein".to_owned()
        }
        Reason::TooFar { .. } => {
            "seine Listen sind zu weit von denen entfernt, die jetzt angezeigt werden".to_owned()
        }
        Reason::NoHeldOut { lists, least } => format!(
            "zurückgelegt sind {lists} Listen mit jemandem, der passt; {least} braucht es, um zu sagen, dass nDCG nicht fällt"
        ),
        Reason::NdcgFalls { difference, low, margin } => format!(
            "auf zurückgelegten Stellen ändert sich nDCG um {}, mindestens um {}: es kann um mehr als {} fallen",
            number(*difference),
            number(*low),
            format!("{margin:.4}").replace('.', ",")
        ),
        Reason::Impact { group, .. } => {
            format!("die Gruppe „{group}“ steht danach im Verhältnis zu den anderen schlechter")
        }
        Reason::Same => "es ist das Modell, das schon ordnet".to_owned(),
        _ => return None,
    })
}
