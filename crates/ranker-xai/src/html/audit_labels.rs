//! The words of an audit, a table for each language.

use super::labels::Labels;
use crate::audit::{Chosen, RateRemark};
use crate::plain_words::Language;

/// All that an audit says of its own, beside [`Labels`].
pub(super) struct AuditLabels {
    /// How many rankings, by which attribute, which is markup.
    pub(super) about: fn(usize, &str) -> String,
    pub(super) chosen_by: fn(&Labels, Chosen) -> String,
    pub(super) exposure: &'static str,
    pub(super) mixture: &'static str,

    pub(super) group: &'static str,
    pub(super) candidates: &'static str,
    pub(super) chosen: &'static str,
    pub(super) rate: &'static str,
    pub(super) wilson: &'static str,
    pub(super) exact: &'static str,
    /// Between the ends of an interval.
    pub(super) to: &'static str,
    pub(super) impact_ratio: &'static str,
    pub(super) remarks: &'static str,
    pub(super) unknown: &'static str,
    pub(super) mean: &'static str,
    pub(super) ratio: &'static str,
    pub(super) mean_skew: &'static str,
    pub(super) absent: &'static str,
    pub(super) of_remark: fn(RateRemark) -> &'static str,
}

impl AuditLabels {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }
}

const ENGLISH: AuditLabels = AuditLabels {
    about: |rankings, attribute| format!("{rankings} rankings, by {attribute}"),
    chosen_by: |_, chosen| chosen.to_string(),
    exposure: "Exposure of places",
    mixture: "Shares of the first places beside those of all",
    group: "group",
    candidates: "candidates",
    chosen: "chosen",
    rate: "rate",
    wilson: "Wilson 95 %",
    exact: "exact 95 %",
    to: "to",
    impact_ratio: "impact ratio",
    remarks: "remarks",
    unknown: "unknown",
    mean: "mean",
    ratio: "ratio",
    mean_skew: "mean skew",
    absent: "rankings without",
    of_remark: RateRemark::english,
};

const GERMAN: AuditLabels = AuditLabels {
    about: |rankings, attribute| format!("{rankings} Rangfolgen, nach {attribute}"),
    chosen_by: |labels, chosen| match chosen {
        Chosen::First(places) => format!("unter den ersten {places}"),
        Chosen::AboveMedian(median) => {
            let median = labels.number(format_args!("{median:.4}"));
            format!("mit einem Wert über dem Median, {median}")
        }
    },
    exposure: "Was die Plätze wert sind",
    mixture: "Anteile an den ersten Plätzen neben denen an allen",
    group: "Gruppe",
    candidates: "Personen",
    chosen: "gewählt",
    rate: "Quote",
    wilson: "95 % (Wilson)",
    exact: "95 % (exakt)",
    to: "bis",
    impact_ratio: "Verhältnis zur höchsten",
    remarks: "Bemerkungen",
    unknown: "unbekannt",
    mean: "Mittel",
    ratio: "Verhältnis",
    mean_skew: "mittlere Schiefe",
    absent: "Rangfolgen ohne sie",
    of_remark: |remark| match remark {
        RateRemark::BelowFourFifths => "unter vier Fünfteln",
        RateRemark::Few => "wenige",
        RateRemark::NoImpactRatio => "unter 2 % von allen: kein Verhältnis",
    },
};
