//! `osmia top`: what programs cost, on the screen or as a line of JSON a sample.
use crate::flags::Top;
use crate::out::{open_output, written};
use crate::trace::fail;
use osmia::{Cost, Sample, Sampler};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row, Table};
use ratatui::{DefaultTerminal, Frame};
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Shows what programs cost until somebody ends it.
pub(crate) fn top(args: &Top) -> ExitCode {
    let every = match args.delay {
        delay if delay.is_finite() && (0.05..=86_400.0).contains(&delay) => Duration::from_secs_f64(delay),
        delay => return fail(&format!("{delay}: a delay is between 0.05 and 86400 seconds")),
    };
    let mut sampler = match Sampler::new() {
        Ok(sampler) => sampler,
        Err(error) => return fail(&error),
    };
    let done = if args.json || !io::stdout().is_terminal() {
        lines(&mut sampler, every, args.samples)
    } else {
        let mut terminal = ratatui::init();
        let done = screen(&mut terminal, &mut sampler, every, args.samples);
        ratatui::restore();
        done
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// How often it is looked whether to end.
const LOOK: Duration = Duration::from_millis(100);

/// One line of JSON a sample.
fn lines(sampler: &mut Sampler, every: Duration, samples: Option<u64>) -> Result<(), String> {
    let mut out = open_output(None)?;
    let mut left = samples;
    while left != Some(0) {
        let next = Instant::now() + every;
        while Instant::now() < next {
            if sampler.is_over() {
                return Ok(());
            }
            std::thread::sleep(LOOK.min(next.saturating_duration_since(Instant::now())));
        }
        let line = sampler.sample()?.json();
        if let Err(error) = out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
            return written(Err(error));
        }
        left = left.map(|left| left - 1);
    }
    Ok(())
}

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Cpu,
    Runs,
    Average,
    Name,
}

impl By {
    const fn of(key: char) -> Option<Self> {
        match key {
            'c' => Some(Self::Cpu),
            'r' => Some(Self::Runs),
            'a' => Some(Self::Average),
            'n' => Some(Self::Name),
            _ => None,
        }
    }

    fn sort(self, costs: &mut [Cost]) {
        match self {
            Self::Cpu => costs.sort_by_key(|cost| std::cmp::Reverse(cost.nanoseconds)),
            Self::Runs => costs.sort_by_key(|cost| std::cmp::Reverse(cost.runs)),
            Self::Average => costs.sort_by_key(|cost| std::cmp::Reverse(cost.average_ns)),
            Self::Name => costs.sort_by(|a, b| a.name.cmp(&b.name)),
        }
    }
}

fn screen(
    terminal: &mut DefaultTerminal,
    sampler: &mut Sampler,
    every: Duration,
    samples: Option<u64>,
) -> Result<(), String> {
    let wrong = |error: io::Error| error.to_string();
    let (mut by, mut left) = (By::Cpu, samples);
    let mut sample = Sample { seconds: 0.0, programs: Vec::new() };
    let mut next = Instant::now() + every.min(Duration::from_millis(300));
    while left != Some(0) && !sampler.is_over() {
        by.sort(&mut sample.programs);
        terminal.draw(|frame| draw(frame, &sample, by)).map_err(wrong)?;
        while Instant::now() < next && !sampler.is_over() {
            if !event::poll(LOOK.min(next.saturating_duration_since(Instant::now()))).map_err(wrong)? {
                continue;
            }
            match event::read().map_err(wrong)? {
                Event::Key(key) if is_end(key.code, key.modifiers) => return Ok(()),
                Event::Key(KeyEvent { code: KeyCode::Char(key), .. }) => by = By::of(key).unwrap_or(by),
                _ => {}
            }
            by.sort(&mut sample.programs);
            terminal.draw(|frame| draw(frame, &sample, by)).map_err(wrong)?;
        }
        sample = sampler.sample()?;
        next = Instant::now() + every;
        left = left.map(|left| left - 1);
    }
    Ok(())
}

fn is_end(code: KeyCode, modifiers: KeyModifiers) -> bool {
    let control_c = code == KeyCode::Char('c') && modifiers.contains(KeyModifiers::CONTROL);
    control_c || matches!(code, KeyCode::Char('q') | KeyCode::Esc)
}

const HEADINGS: [(&str, Option<By>, u16); 7] = [
    ("ID", None, 8),
    ("TYPE", None, 22),
    ("NAME", Some(By::Name), 32),
    ("RUNS/S", Some(By::Runs), 12),
    ("AVG NS", Some(By::Average), 10),
    ("CPU %", Some(By::Cpu), 8),
    ("MISSED", None, 8),
];

fn draw(frame: &mut Frame<'_>, sample: &Sample, by: By) {
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)])
            .areas(frame.area());
    let cpu: f64 = sample.programs.iter().map(|cost| cost.cpu_percent).sum();
    let runs: f64 = sample.programs.iter().map(|cost| cost.runs_per_second).sum();
    let title =
        format!("{} programs, {runs:.0} runs a second, {cpu:.2} % of a processor", sample.programs.len());
    frame.render_widget(Line::from(title), head);
    let marked = |(name, sorted, _): &(&'static str, Option<By>, u16)| {
        let style = if *sorted == Some(by) { Modifier::BOLD | Modifier::UNDERLINED } else { Modifier::BOLD };
        Cell::from(*name).style(Style::new().add_modifier(style))
    };
    let rows = sample.programs.iter().map(|cost| {
        Row::new([
            cost.id.to_string(),
            cost.kind.clone(),
            cost.name.clone(),
            format!("{:.0}", cost.runs_per_second),
            cost.average_ns.to_string(),
            format!("{:.2}", cost.cpu_percent),
            cost.recursion_misses.to_string(),
        ])
    });
    let widths = HEADINGS.iter().map(|(_, _, width)| Constraint::Length(*width));
    frame.render_widget(Table::new(rows, widths).header(Row::new(HEADINGS.iter().map(marked))), body);
    frame.render_widget(Line::from("sort by c: CPU, r: runs, a: average, n: name    q: end"), foot);
}
