//! Names that stand for a kind of tool, and the tools of each.

use super::held::key;

/// Skills, and then the tools of those that are kinds.
pub(super) fn with_tools<'s>(
    skills: impl Iterator<Item = &'s String> + Clone,
) -> impl Iterator<Item = &'s str> {
    let tools = skills.clone().flat_map(|kind| tools_of(kind)).copied();
    skills.map(String::as_str).chain(tools)
}

/// The tools whose mention shows that somebody knows what is asked by the name of their kind: who has Java has worked on the JVM.
/// A kind is called as jobs call it, and as the taxonomy does. Never the other way round: who has worked on the JVM may not know Java.
fn tools_of(kind: &str) -> &'static [&'static str] {
    let wanted = key(kind);
    let mut kinds = KINDS.iter();
    kinds
        .find(|(names, _)| names.iter().any(|name| key(name) == wanted))
        .map_or(&[], |(_, tools)| tools)
}

type Kind = (&'static [&'static str], &'static [&'static str]);

#[rustfmt::skip]
const KINDS: [Kind; 14] = [
    (&["JVM", "Java Virtual Machine"], &["Java", "Kotlin", "Scala", "Groovy", "Clojure"]),
    (&[".NET", ".NET Framework", "dotnet"], &["C#", "F#", "VB.NET", "ASP.NET", ".NET Core"]),
    (&["SQL", "Structured Query Language", "relational database management system"], &["PostgreSQL", "MySQL", "MariaDB", "SQL Server", "T-SQL", "PL/SQL", "SQLite"]),
    (&["NoSQL"], &["MongoDB", "Cassandra", "DynamoDB", "CouchDB", "Couchbase", "HBase"]),
    (&["CI/CD", "continuous integration and continuous delivery"], &["Jenkins", "GitLab CI", "GitHub Actions", "CircleCI", "TeamCity", "Azure Pipelines"]),
    (&["IaC", "Infrastructure as Code"], &["Terraform", "OpenTofu", "Pulumi", "CloudFormation"]),
    (&["Kubernetes", "K8s"], &["OpenShift", "EKS", "GKE", "AKS"]),
    (&["Linux"], &["Ubuntu", "Debian", "Red Hat", "RHEL", "CentOS"]),
    (&["CAD", "computer-aided design"], &["AutoCAD", "SolidWorks", "CATIA", "Revit", "MicroStation"]),
    (&["GIS", "geographic information systems"], &["ArcGIS", "QGIS"]),
    (&["CRM", "customer relationship management"], &["Salesforce", "HubSpot", "Microsoft Dynamics CRM", "Pipedrive"]),
    (&["CMS", "content management system"], &["WordPress", "Drupal", "TYPO3", "Joomla", "Contentful"]),
    (&["BI", "business intelligence"], &["Power BI", "Tableau", "Looker", "QlikView", "Qlik Sense"]),
    (&["ERP", "enterprise resource planning"], &["SAP ERP", "NetSuite", "Odoo", "Dynamics NAV"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_its_tools_and_a_tool_has_none() {
        assert!(tools_of("jvm").contains(&"Kotlin"));
        assert!(tools_of("Ci/Cd").contains(&"Jenkins"));
        assert_eq!(tools_of("Java"), [""; 0]);
    }
}
