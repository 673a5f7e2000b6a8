//! How a resume is laid out: order and names of sections, bullets, dates.

use super::{
    career::{Career, Job},
    draw::Draw,
    duties::words,
};

const MOST_WORDS: usize = 290;
const FEWEST_WORDS: usize = 125;

/// The sections around the career.
pub(crate) struct Parts {
    pub(crate) summary: String,
    pub(crate) skills: Vec<String>,
    pub(crate) education: String,
    pub(crate) languages: Vec<(&'static str, &'static str)>,
}

/// How one person lays out a resume.
struct Layout {
    bullet: &'static str,
    dates: usize,
    heads: [&'static str; 5],
    order: [usize; 5],
    joint: &'static str,
}

impl Layout {
    fn drawn(draw: &mut Draw) -> Self {
        let orders = [
            [0, 1, 2, 3, 4],
            [0, 2, 1, 3, 4],
            [0, 3, 1, 2, 4],
            [0, 1, 3, 4, 2],
            [0, 4, 2, 1, 3],
        ];
        let mut heads = [
            *draw.pick(&["", "Summary", "Profile", "About"]),
            *draw.pick(&[
                "Experience",
                "Work history",
                "Employment",
                "Professional experience",
            ]),
            *draw.pick(&[
                "Skills",
                "Skills and tools",
                "Tools and technologies",
                "Competencies",
            ]),
            *draw.pick(&["Education", "Training", "Education and training"]),
            "Languages",
        ];
        if draw.percent(30) {
            heads.iter_mut().for_each(|head| {
                *head = match *head {
                    "Experience" => "EXPERIENCE",
                    "Skills" => "SKILLS",
                    "Education" => "EDUCATION",
                    "Languages" => "LANGUAGES",
                    "Summary" => "SUMMARY",
                    "Profile" => "PROFILE",
                    other => other,
                }
            });
        }
        Self {
            bullet: *draw.pick(&["- ", "* ", "\u{2022} ", ""]),
            dates: draw.below(3),
            heads,
            order: *draw.pick(&orders),
            joint: *draw.pick(&[", ", "; ", " | ", "\n"]),
        }
    }

    fn text(&self, career: &Career, parts: &Parts) -> String {
        let languages: Vec<String> = parts
            .languages
            .iter()
            .map(|(name, level)| format!("{name} ({level})"))
            .collect();
        let jobs: Vec<String> = career.jobs.iter().map(|job| self.job(job)).collect();
        let bodies = [
            parts.summary.clone(),
            jobs.join("\n\n"),
            parts.skills.join(self.joint),
            parts.education.clone(),
            languages.join(", "),
        ];
        let section = |index: usize| match self.heads[index] {
            "" => bodies[index].clone(),
            head => format!("{head}\n{}", bodies[index]),
        };
        self.order.map(section).join("\n\n")
    }

    fn job(&self, job: &Job) -> String {
        let span = format!(
            "{} - {}",
            self.date(job.start),
            job.end.map_or("present".into(), |end| self.date(end))
        );
        // A title that has a comma of its own needs another mark before the employer.
        let mark = if job.title.contains(',') { " - " } else { ", " };
        let head = match self.dates {
            0 => format!("{}{mark}{} ({span})", job.title, job.employer),
            1 => format!("{span}: {}{mark}{}", job.title, job.employer),
            _ => format!("{}\n{}, {span}", job.title, capital(&job.employer)),
        };
        let lines: Vec<String> = match self.bullet {
            "" => vec![
                job.bullets
                    .iter()
                    .map(|line| format!("{line}."))
                    .collect::<Vec<_>>()
                    .join(" "),
            ],
            bullet => job
                .bullets
                .iter()
                .map(|line| format!("{bullet}{line}"))
                .collect(),
        };
        format!("{head}\n{}", lines.join("\n"))
    }

    fn date(&self, month: usize) -> String {
        const NAMES: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let (year, month) = (month / 12, month % 12);
        match self.dates {
            0 => format!("{} {year}", NAMES[month]),
            1 => format!("{:02}/{year}", month + 1),
            _ => format!("{year}-{:02}", month + 1),
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Lays the resume out; takes lines from the fullest job while it is too long, and adds lines to
/// the latest while it is too short.
pub(crate) fn fitted(career: &mut Career, parts: &Parts, draw: &mut Draw) -> String {
    let layout = Layout::drawn(draw);
    loop {
        let text = layout.text(career, parts);
        let length = words(&text);
        if length > MOST_WORDS {
            let longest = career.jobs.iter_mut().max_by_key(|job| job.bullets.len());
            match longest.filter(|job| job.bullets.len() > 2) {
                Some(job) => drop(job.bullets.pop()),
                None => return text,
            }
        } else if length < FEWEST_WORDS {
            match career.spare.pop() {
                Some(line) => career.jobs[0].bullets.push(line),
                None => return text,
            }
        } else {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::career::NOW, *};

    #[test]
    fn dates_read_well() {
        let mut layout = Layout::drawn(&mut Draw::new(1, 1));
        layout.dates = 0;
        assert_eq!(layout.date(NOW), "Jun 2025");
        layout.dates = 2;
        assert_eq!(layout.date(2019 * 12), "2019-01");
    }
}
