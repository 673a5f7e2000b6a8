//! Conditions in SQL.

use tokio_postgres::types::ToSql;

use crate::adapter::condition::Condition;

/// A value of a statement.
pub(super) type Value = Box<dyn ToSql + Sync + Send>;

/// An expression that is true for whoever meets the condition, and its values, numbered after `taken` others.
pub(super) fn sql(condition: &Condition, taken: usize) -> (String, Vec<Value>) {
    let mut values = Vec::new();
    let sql = of(condition, Within::Plain, taken, &mut values);
    (sql, values)
}

/// Whether an expression that is null counts as false by itself, or is negated around it.
#[derive(Debug, Clone, Copy)]
enum Within {
    Plain,
    Not,
}

fn of(condition: &Condition, within: Within, taken: usize, values: &mut Vec<Value>) -> String {
    let mut parts = |parts: &[Condition], between: &str| {
        let parts = parts.iter().map(|part| of(part, within, taken, values));
        format!("({})", parts.collect::<Vec<_>>().join(between))
    };
    match condition {
        Condition::Everyone => "true".to_owned(),
        Condition::Nobody => "false".to_owned(),
        Condition::And(all) => parts(all, " AND "),
        Condition::Or(any) => parts(any, " OR "),
        Condition::Not(part) => format!("NOT ({})", of(part, Within::Not, taken, values)),
        Condition::Tagged(tags) => {
            values.push(Box::new(tags.clone()));
            format!("p.tags && ${}::text[]", taken + values.len())
        }
        Condition::Number { fact, min, max } => {
            let number = number(fact);
            let mut bounds = Vec::new();
            for (bound, sign) in [(min, ">="), (max, "<=")] {
                if let Some(bound) = bound {
                    values.push(Box::new(*bound));
                    bounds.push(format!("{number} {sign} ${}::float8", taken + values.len()));
                }
            }
            if bounds.is_empty() {
                return format!("({number}) IS NOT NULL");
            }
            let bounds = bounds.join(" AND ");
            match within {
                // Bare, so that an index of the number serves it.
                Within::Plain => format!("({bounds})"),
                // "Not" of null is null, where whoever lacks the fact must pass.
                Within::Not => format!("coalesce({bounds}, false)"),
            }
        }
    }
}

/// A fact's number, or null where it is none: the expression that an index of it is on.
pub(super) fn number(fact: &str) -> String {
    // A literal, not a value: an index is found by its expression alone.
    format!("(p.facts -> {} ->> 'number')::float8", literal(fact))
}

/// A text as a literal of standard SQL, which knows no escapes but the doubled quote.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use ranker_core::Filter;

    use super::*;

    #[test]
    fn null_never_reaches_a_negation() {
        let filter = Filter::Not(Box::new(
            Filter::at_least("it's", 3.0).and(Filter::flag("permit", true)),
        ));
        let (sql, values) = sql(&Condition::of(&filter), 4);
        assert_eq!(
            sql,
            "NOT ((coalesce((p.facts -> 'it''s' ->> 'number')::float8 >= $5::float8, false) \
             AND p.tags && $6::text[]))"
        );
        assert_eq!(values.len(), 2);
    }
}
