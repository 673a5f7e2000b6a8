//! Numbers as words, in English, German, French, Spanish, Italian, Dutch and Portuguese.

/// One to twenty.
const ONES: [&[&str]; 20] = [
    &["one", "eins", "één", "uno", "um"],
    &["two", "zwei", "deux", "dos", "due", "twee", "dois"],
    &["three", "drei", "trois", "tres", "tre", "drie", "três"],
    &["four", "vier", "quatre", "cuatro", "quattro", "quatro"],
    &["five", "fünf", "cinq", "cinco", "cinque", "vijf"],
    &["six", "sechs", "seis", "sei", "zes"],
    &["seven", "sieben", "sept", "siete", "sette", "zeven", "sete"],
    &["eight", "acht", "huit", "ocho", "otto", "oito"],
    &["nine", "neun", "neuf", "nueve", "nove", "negen"],
    &["ten", "zehn", "dix", "diez", "dieci", "tien", "dez"],
    &["eleven", "elf", "onze", "once", "undici"],
    &[
        "twelve", "zwölf", "douze", "doce", "dodici", "twaalf", "doze",
    ],
    &[
        "thirteen", "dreizehn", "treize", "trece", "tredici", "dertien", "treze",
    ],
    &[
        "fourteen",
        "vierzehn",
        "quatorze",
        "catorce",
        "quattordici",
        "veertien",
        "catorze",
    ],
    &[
        "fifteen",
        "fünfzehn",
        "quinze",
        "quince",
        "quindici",
        "vijftien",
    ],
    &[
        "sixteen",
        "sechzehn",
        "seize",
        "dieciséis",
        "sedici",
        "zestien",
        "dezesseis",
    ],
    &[
        "seventeen",
        "siebzehn",
        "diecisiete",
        "diciassette",
        "zeventien",
        "dezessete",
    ],
    &[
        "eighteen",
        "achtzehn",
        "dieciocho",
        "diciotto",
        "achttien",
        "dezoito",
    ],
    &[
        "nineteen",
        "neunzehn",
        "diecinueve",
        "diciannove",
        "negentien",
        "dezenove",
    ],
    &[
        "twenty", "zwanzig", "vingt", "veinte", "venti", "twintig", "vinte", "veinti", "vent",
    ],
];

/// Thirty to fifty: nobody counts more years of work in words. With the stems that Italian numbers begin with.
const TENS: [&[&str]; 3] = [
    &[
        "thirty", "dreißig", "trente", "treinta", "trenta", "dertig", "trinta", "trent",
    ],
    &[
        "forty", "vierzig", "quarante", "cuarenta", "quaranta", "veertig", "quarenta", "quarant",
    ],
    &[
        "fifty",
        "fünfzig",
        "cinquante",
        "cincuenta",
        "cinquanta",
        "vijftig",
        "cinquenta",
        "cinquant",
    ],
];

/// Articles that stand for one: "a year".
const ARTICLES: [&str; 12] = [
    "a", "an", "ein", "eine", "einem", "einen", "einer", "un", "une", "una", "een", "uma",
];

/// What joins the parts of a number that is several words: "treinta y cinco".
const JOINS: [&str; 5] = ["and", "et", "y", "e", "und"];

/// Whether a word is an article that may stand for one.
pub(super) fn is_article(word: &str) -> bool {
    ARTICLES.contains(&word)
}

/// Whether a word joins the parts of a number.
pub(super) fn joins(word: &str) -> bool {
    JOINS.contains(&word)
}

/// What a word in lower case counts: "five", "fünfundzwanzig", "venticinque", "zweieinhalb".
pub(super) fn number_word(word: &str) -> Option<f64> {
    simple(word)
        .or_else(|| compound(word))
        .or_else(|| half(word))
        .or_else(|| ZERO.contains(&word).then_some(0.0))
}

/// "zero to two years".
const ZERO: [&str; 4] = ["zero", "zéro", "cero", "nul"];

/// Whether a number is tens alone, to which ones may be added: "twenty five".
pub(super) fn is_tens(value: f64) -> bool {
    [20.0, 30.0, 40.0, 50.0].contains(&value)
}

fn simple(word: &str) -> Option<f64> {
    let ones = ONES.iter().position(|words| words.contains(&word));
    let tens = || TENS.iter().position(|words| words.contains(&word));
    let ones = ones.map(|at| at as f64 + 1.0);
    ones.or_else(|| tens().map(|at| 10.0 * (at as f64 + 3.0)))
}

/// "fünfundzwanzig", "vijfentwintig", "tweeëntwintig": ones first; "venticinque", "veintidós": tens first.
fn compound(word: &str) -> Option<f64> {
    let tens = TENS.iter().enumerate();
    let all = tens.map(|(at, words)| (10.0 * (at as f64 + 3.0), *words));
    let mut all = all.chain([(20.0, ONES[19])]);
    let below_ten = |ones: &str| simple(ones).filter(|&ones| ones < 10.0);
    all.find_map(|(tens, words)| {
        words.iter().find_map(|name| {
            let first = word.strip_suffix(name).and_then(|rest| {
                let rest = ["und", "en", "ën"]
                    .iter()
                    .find_map(|join| rest.strip_suffix(join));
                rest.and_then(|ones| {
                    if ones == "ein" {
                        Some(1.0)
                    } else {
                        below_ten(ones)
                    }
                })
            });
            let last = word.strip_prefix(name).and_then(|ones| match ones {
                "dós" => Some(2.0),
                "trés" | "tré" => Some(3.0),
                "séis" => Some(6.0),
                _ => below_ten(ones),
            });
            Some(tens + first.or(last)?)
        })
    })
}

/// "anderthalb", "zweieinhalb", "tweeënhalf".
fn half(word: &str) -> Option<f64> {
    if matches!(
        word,
        "anderthalb" | "eineinhalb" | "anderhalf" | "anderhalve"
    ) {
        return Some(1.5);
    }
    let whole = ["einhalb", "ëneenhalf", "eneenhalf", "ënhalf", "enhalf"];
    let whole = whole.iter().find_map(|half| word.strip_suffix(half))?;
    Some(simple(whole)? + 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_seven_languages() {
        for (word, value) in [
            ("five", 5.0),
            ("siebzehn", 17.0),
            ("fünfundzwanzig", 25.0),
            ("einundzwanzig", 21.0),
            ("vijfentwintig", 25.0),
            ("tweeëntwintig", 22.0),
            ("venticinque", 25.0),
            ("ventuno", 21.0),
            ("ventotto", 28.0),
            ("veintidós", 22.0),
            ("trenta", 30.0),
            ("trinta", 30.0),
            ("anderthalb", 1.5),
            ("zweieinhalb", 2.5),
            ("tweeënhalf", 2.5),
        ] {
            assert_eq!(number_word(word), Some(value), "{word}");
        }
        for word in ["going", "einhalb", "und", "", "twentieth", "onetwenty"] {
            assert_eq!(number_word(word), None, "{word}");
        }
    }
}
