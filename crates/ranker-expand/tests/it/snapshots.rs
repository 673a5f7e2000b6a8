//! What believable jobs are expanded with.

use expect_test::{Expect, expect};
use ranker_expand::{Taxonomy, TaxonomyExpander};

use crate::jobs::{show, titled};

fn check(title: &str, text: &str, expected: &Expect) {
    let expander = TaxonomyExpander::default();
    expected.assert_eq(&show(&expander.expansion(&titled(title, text))));
}

#[test]
fn machine_learning_engineer() {
    check(
        "Senior ML Engineer, Search",
        "You build NLP and learning to rank models in Python and PyTorch, ship them with CI/CD on K8s \
         and AWS, and measure them in A/B tests. You have 5+ years of experience, or a PhD.",
        &expect![[r#"
            0.128 acronym    Amazon Web Services: 'AWS' in the job stands for Amazon Web Services (skill table)
            0.128 acronym    LTR: 'learning to rank' in the job is also written LTR (skill table)
            0.128 acronym    continuous integration and continuous delivery: 'CI/CD' in the job stands for continuous integration and continuous delivery (skill table)
            0.128 acronym    doctor of philosophy: 'PhD' in the job stands for doctor of philosophy (skill table)
            0.128 acronym    natural language processing: 'NLP' in the job stands for natural language processing (skill table)
            0.077 occupation machine learning engineer: 'ML Engineer' in the job's title is also called machine learning engineer (skill table)
            0.064 skill      continuous integration: 'CI/CD' in the job is also called continuous integration (skill table)
            0.064 synonym    doctorate: 'PhD' in the job is also called doctorate (skill table)
            0.038 skill      container orchestration: 'K8s' in the job goes with container orchestration (skill table)
            0.038 skill      deep learning: 'PyTorch' in the job goes with deep learning (skill table)
            0.038 skill      machine learning: 'NLP' in the job goes with machine learning (skill table)
            0.038 skill      search relevance: 'learning to rank' in the job goes with search relevance (skill table)
        "#]],
    );
}

#[test]
fn registered_nurse() {
    check(
        "Registered Nurse - ICU",
        "Cares for critically ill patients. BLS and ACLS required, CCRN preferred. Charts in Epic. \
         Works with PT and OT on early mobility and rehabilitation.",
        &expect![[r#"
            0.116 acronym    RN: 'Registered Nurse' in the job is also written RN (skill table)
            0.116 acronym    advanced cardiac life support: 'ACLS' in the job stands for advanced cardiac life support (skill table)
            0.116 acronym    basic life support: 'BLS' in the job stands for basic life support (skill table)
            0.116 acronym    intensive care unit: 'ICU' in the job stands for intensive care unit (skill table)
            0.116 acronym    occupational therapist: 'OT' in the job stands for occupational therapist (skill table)
            0.116 acronym    physical therapy: 'PT' in the job stands for physical therapy (skill table)
            0.058 skill      advanced cardiovascular life support: 'ACLS' in the job is also called advanced cardiovascular life support (skill table)
            0.058 skill      critical care: 'ICU' in the job is also called critical care (skill table)
            0.058 skill      physiotherapy: 'PT' in the job is also called physiotherapy (skill table)
            0.058 synonym    staff nurse: 'Registered Nurse' in the job is also called staff nurse (skill table)
            0.035 skill      CPR: 'BLS' in the job goes with CPR (skill table)
            0.035 skill      nursing: 'Registered Nurse' in the job goes with nursing (skill table)
        "#]],
    );
}

#[test]
fn accountant() {
    check(
        "Staff Accountant",
        "Prepares the general ledger and month-end close under GAAP, reconciles AP and AR, files tax \
         returns. CPA or CPA candidate. Advanced Excel and QuickBooks; SAP is a plus.",
        &expect![[r#"
            0.145 acronym    accounts payable: 'AP' in the job stands for accounts payable (skill table)
            0.145 acronym    accounts receivable: 'AR' in the job stands for accounts receivable (skill table)
            0.145 acronym    certified public accountant: 'CPA' in the job stands for certified public accountant (skill table)
            0.145 acronym    generally accepted accounting principles: 'GAAP' in the job stands for generally accepted accounting principles (skill table)
            0.145 skill      month end closing: 'month-end close' in the job is also called month end closing (skill table)
            0.072 skill      period-end close: 'month-end close' in the job is also called period-end close (skill table)
            0.072 skill      vendor payments: 'AP' in the job is also called vendor payments (skill table)
            0.043 skill      accounting: 'general ledger' in the job goes with accounting (skill table)
            0.043 skill      bookkeeping: 'QuickBooks' in the job goes with bookkeeping (skill table)
            0.043 skill      enterprise resource planning: 'SAP' in the job goes with enterprise resource planning (skill table)
        "#]],
    );
}

#[test]
fn hvac_technician() {
    check(
        "HVAC Technician",
        "Installs and repairs heating and cooling equipment, does PM on rooftop units, reads \
         blueprints, follows OSHA rules and LOTO. EPA 608 and a driver's license.",
        &expect![[r#"
            0.110 synonym    EPA certification: 'EPA 608' in the job is also called EPA certification (skill table)
            0.110 acronym    Occupational Safety and Health Administration: 'OSHA' in the job stands for Occupational Safety and Health Administration (skill table)
            0.110 skill      blueprint reading: 'reads blueprints' in the job is also called blueprint reading (skill table)
            0.110 skill      heating, ventilation and air conditioning: 'heating and cooling' in the job is also called heating, ventilation and air conditioning (skill table)
            0.110 acronym    lockout/tagout: 'LOTO' in the job stands for lockout/tagout (skill table)
            0.110 acronym    preventive maintenance: 'PM' in the job stands for preventive maintenance (skill table)
            0.066 occupation heating and air conditioning technician: 'HVAC Technician' in the job's title is also called heating and air conditioning technician (skill table)
            0.055 skill      HVAC-R: 'heating and cooling' in the job is also called HVAC-R (skill table)
            0.055 skill      lock out tag out: 'LOTO' in the job is also called lock out tag out (skill table)
            0.055 skill      occupational safety: 'OSHA' in the job is also called occupational safety (skill table)
            0.055 skill      preventative maintenance: 'PM' in the job is also called preventative maintenance (skill table)
            0.055 skill      reading blueprints: 'reads blueprints' in the job is also called reading blueprints (skill table)
        "#]],
    );
}

#[test]
fn web_developer_with_occupations() {
    let expander = TaxonomyExpander::default().with_taxonomy(Taxonomy::onet());
    let text = "Builds the front end of our B2B SaaS product in React and TypeScript, together with UX \
                and R&D. It is a hybrid role.";
    let expansion = expander.expansion(&titled("Web Developer", text));
    expect![[r#"
        0.154 acronym    business-to-business: 'B2B' in the job stands for business-to-business (skill table)
        0.154 skill      client-side development: 'front end' in the job is also called client-side development (skill table)
        0.154 acronym    research and development: 'R&D' in the job stands for research and development (skill table)
        0.154 acronym    software as a service: 'SaaS' in the job stands for software as a service (skill table)
        0.154 acronym    user experience: 'UX' in the job stands for user experience (skill table)
        0.077 skill      user experience design: 'UX' in the job is also called user experience design (skill table)
        0.046 skill      JavaScript: 'React' in the job goes with JavaScript (skill table)
        0.046 occupation Web Architect: 'Web Developer' in the job's title may also be called Web Architect (O*NET)
        0.023 occupation Web Design Specialist: 'Web Developer' in the job's title may also be called Web Design Specialist (O*NET)
        0.023 occupation Web Designer: 'Web Developer' in the job's title may also be called Web Designer (O*NET)
        0.012 occupation Technology Applications Engineer: 'Web Developer' in the job's title may also be called Technology Applications Engineer (O*NET)
    "#]].assert_eq(&show(&expansion));
}
