//! What is wrong, what was not read and why a model is not served, in German.

use ranker::core::ValueError;
use ranker::ingest::{Unreadable, Warning};
use ranker::rlhf::LearnError;
use ranker::rlhf::gate::Reason;
use ranker::xai::audit::AuditError;

use crate::fault::{Fault, Long, What};
use crate::intake::{Note, Sent};

pub(super) fn fault(fault: &Fault) -> Option<String> {
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
        Fault::TooLong { .. } | Fault::Top { .. } | Fault::JobUnread(_) | Fault::Audit(_) => {
            return detailed(fault);
        }
        Fault::Value(ValueError::Empty {
            what: "job description",
        }) => "die Stelle hat keine Beschreibung: schreiben Sie etwas hinein",
        Fault::Value(_) | Fault::Words(_) => return None,
        Fault::HowMany => "wie viele angezeigt werden, muss eine ganze Zahl sein",
        Fault::Nobody(notes) if notes.is_empty() => {
            "es ist niemand da, der geordnet werden könnte: geben Sie Lebensläufe dazu"
        }
        Fault::Nobody(_) => return detailed(fault),
        Fault::NoGrade => "wählen Sie eine Note von 0 bis 3",
        Fault::NoKind => "das Formular sagt nicht, was festgehalten werden soll",
        Fault::NotSure => "setzen Sie das Häkchen: Löschen lässt sich nicht rückgängig machen",
        Fault::NoModel => "das Modell dieser Rangfolge gibt es nicht mehr",
        Fault::NotServed => "das Modell, das ordnet, ist dasselbe geblieben",
        Fault::LearningAlready => "es wird schon gelernt",
        Fault::NothingLearned => "seit der Dienst läuft, wurde nichts gelernt: lernen Sie zuerst",
        Fault::Learn(error) => nothing_learned(error)?,
        Fault::Places => "wie viele Plätze als gewählt zählen, muss eine ganze Zahl sein",
        Fault::NoGroups => "wählen Sie eine Datei mit den Gruppen",
        Fault::NoColumn => "die Datei hat nur die Spalte id",
        Fault::Same(_) => "das ist zweimal dieselbe Person: wählen Sie zwei verschiedene",
    };
    Some(said.to_owned())
}

/// What holds numbers or names.
fn detailed(fault: &Fault) -> Option<String> {
    Some(match fault {
        Fault::TooLong { what, most, length } => {
            let what = match what {
                Long::Job => "eine Stelle",
                Long::Title => "ein Titel",
                Long::Profile => "ein Profil",
                Long::Reason => "ein Grund",
            };
            format!("{what} darf {most} Byte haben, hat aber {length}")
        }
        Fault::Top { most, top } => format!("angezeigt werden können 1 bis {most}, nicht {top}"),
        Fault::JobUnread(why) => {
            let why = unread(why)?;
            format!("das Dokument mit der Stelle wurde nicht gelesen: {why}")
        }
        Fault::Nobody(notes) => {
            let notes: Option<Vec<String>> = notes.iter().map(note).collect();
            let notes = notes?.join("; ");
            format!("es ist niemand da, der geordnet werden könnte: {notes}")
        }
        Fault::Audit(AuditError::NobodyKnown {
            candidates,
            attribute,
        }) => format!("von keiner der {candidates} angezeigten Personen ist bekannt: {attribute}"),
        Fault::Audit(AuditError::TwoGroups {
            id,
            attribute,
            first,
            second,
        }) => format!("{id} hat zwei Werte von {attribute}: „{first}“ und „{second}“"),
        _ => return None,
    })
}

fn nothing_learned(error: &LearnError) -> Option<&'static str> {
    Some(match error {
        LearnError::NoComparisons => {
            "es gibt nichts, woraus zu lernen wäre: vergleichen oder benoten Sie zuerst"
        }
        LearnError::OnlyTies { .. } => {
            "alle Vergleiche gingen unentschieden aus: sagen Sie, wer besser passt"
        }
        LearnError::NoDifference { .. } => "in allen Vergleichen haben beide dieselben Merkmale",
        _ => return None,
    })
}

pub(super) fn note(note: &Note) -> Option<String> {
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
pub(super) fn reason(reason: &Reason) -> Option<String> {
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
