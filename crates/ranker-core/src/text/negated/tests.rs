use super::super::words::lowered;
use super::*;

fn rest(text: &str) -> String {
    let mut rest = text.to_owned();
    for range in negated(text, lowered(text)).into_iter().rev() {
        rest.replace_range(range, "");
    }
    rest.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_denied_is_found() {
    let mut wrong = Vec::new();
    for (text, left) in [
        (
            "Python in banking. No experience with Java, Spring Boot or the JVM. Linux.",
            "Python in banking. Linux.",
        ),
        (
            "Eight years of Python. I have never used Java; do not contact me for Java jobs.",
            "Eight years of Python.",
        ),
        ("No Java, no Spring, please.", "please."),
        (
            "No experience with Java, but eight years of Python",
            "but eight years of Python",
        ),
        (
            "No experience with Java, eight years of Python",
            "eight years of Python",
        ),
        ("We do not use PHP. We write Rust.", "We write Rust."),
        ("We don't use PHP or Perl, we write Rust.", "we write Rust."),
        (
            "Rust developer without Java experience, loves Linux",
            "Rust developer loves Linux",
        ),
        ("PHP is not required. Rust is.", "Rust is."),
        ("Java: none\nRust: daily", "Rust: daily"),
        ("Java: no experience\nRust", "Rust"),
        ("Not familiar with Kubernetes. Knows Linux.", "Knows Linux."),
        (
            "Keine Erfahrung mit Java, aber mit Python",
            "aber mit Python",
        ),
        ("Ohne Java-Kenntnisse. Python.", "Python."),
        (
            "Aucune expérience en Java. Python depuis 2015.",
            "Python depuis 2015.",
        ),
        (
            "Sin experiencia en Java. Python desde 2015.",
            "Python desde 2015.",
        ),
        ("Nessuna esperienza con Java. Python.", "Python."),
        ("Geen ervaring met Java. Python.", "Python."),
    ] {
        if rest(text) != left {
            wrong.push((text, rest(text)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn other_words_and_languages_deny_too() {
    let mut wrong = Vec::new();
    for (text, left) in [
        ("Linux. Without any experience in Java or Spring.", "Linux."),
        ("Linux. No hands-on experience with Java.", "Linux."),
        (
            "Linux. I haven't worked with Java, Spring or the JVM.",
            "Linux.",
        ),
        ("Linux. I don’t know Java.", "Linux."),
        ("Linux. Unfamiliar with Java. Git.", "Linux. Git."),
        ("Linux. Lacks experience with Java. Git.", "Linux. Git."),
        ("Linux. I have yet to use Java. Git.", "Linux. Git."),
        ("Neither Java nor Spring. Git.", "Git."),
        ("Linux. I am not a Java developer. Git.", "Linux. Git."),
        ("Python, not Java", "Python,"),
        ("0 years of Java. Git.", "Git."),
        ("Java - none\nGit", "Git"),
        ("Java – never used\nGit", "Git"),
        ("Java (no experience), Python", "Python"),
        ("Java (none), Python", "Python"),
        (
            "Java is not one of my skills. Git.",
            "Java is not one of my skills. Git.",
        ),
        ("Java is not among my skills. Git.", "my skills. Git."),
        ("PHP is not a must. Git.", "Git."),
        ("There is no need to know PHP. Git.", "There Git."),
        ("You need not know PHP. Git.", "Git."),
        ("I avoid Java and write Rust", "and write Rust"),
        ("I don't do Java. Git.", "Git."),
        ("Java is not my thing. Git.", "thing. Git."),
        ("No longer interested in Java. Git.", "Git."),
        ("I have zero Java. Git.", "Git."),
        ("Zero Java experience; Git.", "Git."),
        ("Lacking Java skills, Git.", "Git."),
        ("Still lacks any Java Spring experience. Git.", "Still Git."),
        ("Java experience: 0 years. Git.", "Git."),
        ("Java (0 years), Git", "Git"),
        ("JVM, excluding Java", "JVM,"),
        ("Pas de Java. Git.", "Git."),
        ("Anything but Java. Git.", "Git."),
        (
            "Not open to relocation. Git.",
            "Not open to relocation. Git.",
        ),
        ("Kein Interesse an Java-Stellen. Git.", "Git."),
        ("Java kenne ich nicht. Git.", "Git."),
        ("Ich habe noch nie mit Java gearbeitet. Git.", "Git."),
        ("Java nie genutzt. Git.", "Git."),
        ("Weder Java noch Spring. Git.", "Git."),
        ("Java ist nicht erforderlich. Git.", "Git."),
        ("Wir verwenden kein PHP. Git.", "Wir verwenden Git."),
        ("Je ne connais pas Java. Git.", "Git."),
        ("Je n'ai jamais utilisé Java ni Spring. Git.", "Git."),
        ("Pas d'expérience en Java. Git.", "Git."),
        ("Ni Java ni Spring. Git.", "Git."),
        ("Nous n'utilisons pas PHP. Git.", "Nous Git."),
        ("Java n'est pas requis. Git.", "Git."),
        ("No tengo experiencia con Java ni Spring Boot. Git.", "Git."),
        ("Nunca he usado Java. Git.", "Git."),
        ("No conozco Java. Git.", "Git."),
        ("Java no es necesario. Git.", "Git."),
        ("No usamos PHP. Git.", "Git."),
        ("Non ho esperienza con Java. Git.", "Git."),
        ("Non ho mai usato Java. Git.", "Git."),
        ("Mai usato Java. Git.", "Git."),
        ("Né Java né Spring. Git.", "Git."),
        ("Java non è richiesto. Git.", "Git."),
        ("Ik ken Java niet. Git.", "Git."),
        ("Nooit met Java gewerkt. Git.", "Git."),
        ("Niet bekend met Java. Git.", "Git."),
        ("Wij gebruiken geen PHP. Git.", "Wij gebruiken Git."),
    ] {
        if rest(text) != left {
            wrong.push((text, rest(text)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_only_said_with_a_small_word_stays() {
    for text in [
        "No. 1 salesperson of the region; no less than 30 deals",
        "Not only Java but also Kotlin. Not limited to Java",
        "Worked without supervision and with no errors",
        "SANS certified, sans-serif fonts, no-code tools, Notepad, notes, another Java project",
        "No longer a junior: leads the Java team",
        "no more than 5 years of experience with Java",
        "Zero Trust architecture experience; lacking nothing; experience with zero downtime",
        "no menos de 3 años de experiencia; non meno di 3 anni; pas moins de 3 ans; niet minder dan 3 jaar",
        "Determined whether or not a part is needed; Priority: 0; NOT-OD grants",
        "Cut errors to zero The Expert for those who cannot do it",
        "Not limited to Python, not just Java; not a problem; no need of supervision",
        "Never missed a deadline, mai 2019 - juin 2020, sin and cos",
        "Nonprofit work; non-technical colleagues; Java and pas de deux",
    ] {
        assert_eq!(rest(text), text, "{text}");
    }
}
