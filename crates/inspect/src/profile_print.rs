//! What a program costs, as text and JSON.
use super::Json;
use crate::profile::{Metric, Profile, Reading};

/// A table for people: what was counted, and what it is in proportion.
pub fn profile_text(metrics: &[&Metric], profile: &Profile, out: &mut Vec<u8>) {
    let mut text = format!("\n{:>18} {:<20}\n", profile.runs, "run_cnt");
    for (metric, reading) in metrics.iter().zip(&profile.readings) {
        text += &format!("{:>18} {:<20}", reading.counter, metric.name);
        text += &ratio(metric, reading, metrics, profile)
            .map_or_else(|| " ".repeat(41), |(value, what)| format!("# {value:>8.2} {what:<30}"));
        if reading.enabled > reading.running {
            text += &format!("({:.2}%)", reading.running as f64 * 100.0 / reading.enabled as f64);
        }
        text.push('\n');
    }
    out.extend(text.into_bytes());
}

/// What a metric is in proportion to the one that it is compared with, if that was counted too.
fn ratio(
    metric: &Metric,
    reading: &Reading,
    metrics: &[&Metric],
    profile: &Profile,
) -> Option<(f64, &'static str)> {
    let (other, what, times) = metric.ratio?;
    let at = metrics.iter().position(|it| it.name == other)?;
    let other = profile.readings.get(at).filter(|other| other.counter > 0)?;
    Some((reading.counter as f64 * times / other.counter as f64, what))
}

/// As JSON: an array with an object for each metric.
pub fn profile_json(metrics: &[&Metric], profile: &Profile, json: &mut Json) {
    json.array(|json| {
        for (metric, reading) in metrics.iter().zip(&profile.readings) {
            json.object(|json| {
                json.text_field("metric", metric.name);
                json.field("run_cnt", profile.runs);
                json.field("value", reading.counter);
                json.field("enabled", reading.enabled);
                json.field("running", reading.running);
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Form;
    use crate::profile::metrics;

    fn sample() -> (Vec<&'static Metric>, Profile) {
        let words = ["instr", "cyc", "cycles"].map(str::to_owned);
        let reading = |counter, running| Reading { counter, enabled: 200, running };
        (metrics(&words).unwrap(), Profile { runs: 3, readings: vec![reading(400, 200), reading(500, 50)] })
    }

    #[test]
    fn tables_are_those_of_bpftool() {
        let (metrics, profile) = sample();
        let mut text = Vec::new();
        profile_text(&metrics, &profile, &mut text);
        let expected = format!(
            "\n{:>18} run_cnt             \n{:>18} cycles              {}\n{:>18} instructions        #     1.25 insns per cycle               (25.00%)\n",
            3,
            400,
            " ".repeat(41),
            500
        );
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        let mut json = Json::new(Form::Json);
        profile_json(&metrics, &profile, &mut json);
        let expected = r#"[{"metric":"cycles","run_cnt":3,"value":400,"enabled":200,"running":200},{"metric":"instructions","run_cnt":3,"value":500,"enabled":200,"running":50}]"#;
        assert_eq!(String::from_utf8(json.take()).unwrap(), expected);
    }

    #[test]
    fn metrics_are_known_by_their_beginnings() {
        assert_eq!(metrics(&["foo".to_owned()]).unwrap_err(), "foo");
        let all: Vec<String> = crate::profile::METRICS.iter().map(|it| it.name.to_owned()).collect();
        assert_eq!(metrics(&all).unwrap().len(), all.len());
    }
}
