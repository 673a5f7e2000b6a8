//! Text with choices: `{two|three} of {5-9}` draws one alternative and one number.

use super::draw::Draw;

/// Replaces every `{...}` of `text` by a drawn alternative, or by a drawn number when the braces
/// hold nothing but a range.
pub(crate) fn expand(text: &str, draw: &mut Draw) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (choice, tail) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&choose(choice, draw));
        rest = tail;
    }
    out + rest
}

fn choose(choice: &str, draw: &mut Draw) -> String {
    let range = choice
        .split_once('-')
        .and_then(|(low, high)| Some((low.parse::<usize>().ok()?, high.parse::<usize>().ok()?)));
    match range {
        Some((low, high)) => round(draw.between(low, high)).to_string(),
        None => draw
            .pick(&choice.split('|').collect::<Vec<_>>())
            .to_string(),
    }
}

/// People round what they estimate: 3,187 messages a day become 3,100, and 47 reports stay 47.
fn round(value: usize) -> usize {
    match value {
        0..100 => value,
        100..1000 => value / 10 * 10,
        _ => value / 100 * 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_alternatives_and_numbers() {
        let mut draw = Draw::new(1, 0);
        for _ in 0..50 {
            let text = expand("Led {two|three} teams of {5-9}.", &mut draw);
            let words: Vec<&str> = text.split_whitespace().collect();
            assert!(["two", "three"].contains(&words[1]), "{text}");
            let size: usize = words[4].trim_end_matches('.').parse().unwrap();
            assert!((5..=9).contains(&size), "{text}");
        }
    }

    #[test]
    fn keeps_plain_text_and_survives_an_open_brace() {
        let mut draw = Draw::new(1, 0);
        assert_eq!(
            expand("step-down unit, 24-7", &mut draw),
            "step-down unit, 24-7"
        );
        assert_eq!(expand("broken {a", &mut draw), "broken a");
        assert_eq!(round(3187), 3100);
    }
}
