//! The report as text: a verdict a line, under the step, after its timeline.

use super::Report;
use crate::notebook::{Page, in_a_line};

/// The text.
#[must_use]
pub(super) fn of(report: &Report) -> String {
    let mut text = String::from("Chaos: what clients saw while things were broken\n\n");
    let cpus = report.cpus;
    text += &format!(
        "Gateway, services, databases and load share {cpus} CPUs. Limits were watched for {} s.\n",
        report.seconds
    );
    if report.load_average > cpus as f64 / 2.0 {
        let load = crate::verdict::number(report.load_average);
        text +=
            &format!("The machine was busy with other things (load average {load} before): latencies say little.\n");
    }
    text += "Times count from when a request should have begun. Latencies are medians of the p99 of several windows.\n";
    text += "The gateway is configured as by `make up`, except:\n";
    report.differences.iter().for_each(|difference| text += &format!("- {difference}\n"));
    for page in &report.steps {
        text += &step(page);
    }
    let verdicts: Vec<_> = report.steps.iter().flat_map(|page| &page.verdicts).collect();
    let holding = verdicts.iter().filter(|verdict| verdict.holds).count();
    text += &format!("\n{holding} of {} verdicts hold\n", verdicts.len());
    for page in &report.steps {
        for verdict in page.verdicts.iter().filter(|verdict| !verdict.holds) {
            text += &format!("  {}: {}\n", page.step, in_a_line(verdict));
        }
    }
    text
}

fn step(page: &Page) -> String {
    let word = if page.holds() { "holds" } else { "FAILS" };
    let mut text = format!("\n{} {}: {} ({:.0} s to {:.0} s)\n", word, page.step, page.title, page.from, page.to);
    for event in &page.events {
        text += &format!("  {:7.2} s  {}\n", event.at, event.what);
    }
    for verdict in &page.verdicts {
        text += &format!("  {}\n", in_a_line(verdict));
    }
    for figure in &page.figures {
        text += &format!("  -     {}: {}\n", figure.what, figure.value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;

    #[test]
    fn what_fails_is_said_twice_and_never_hidden() {
        let text = super::of(&report());
        assert_eq!(text.matches("FAILS b: 2 (bar: exactly 1)").count(), 2, "{text}");
        assert!(text.contains("1 of 2 verdicts hold") && text.contains("FAILS killed-node"), "{text}");
        assert!(text.contains("   1.50 s  kill -9"), "{text}");
    }
}
