//! From probes to programs: one each, or one for the entry and the return of the same functions.
use super::{Current, Cx, Result};
use crate::lower::system_calls::{self, Calls};
use crate::lower::{names, walk};
use crate::plan::PlannedProbe;
use crate::probes::Provider;
use crate::typed::{Probe, Program};
use osmia_abi::Feature;
use osmia_ir::{Builder, Callee, FunctionId, Op, Pointee, Type as Kind};
use osmia_isa::Cond;
use osmia_object::{Attach, Extern, ExternKey, Linkage, ProbeSide};
use std::collections::{HashMap, HashSet};

/// Tells which side of a function a program of both runs at.
const IS_RETURN: &str = "bpf_session_is_return";

impl<'a> Cx<'a> {
    /// Lowers all probes.
    pub(in crate::lower) fn programs(&mut self, program: &'a Program) -> Result<()> {
        let pairs: HashMap<usize, usize> = self.pairs(program).into_iter().collect();
        let backs: HashSet<usize> = pairs.values().copied().collect();
        let calls = system_calls::together(program);
        for (index, probe) in program.probes.iter().enumerate() {
            match pairs.get(&index).and_then(|&back| program.probes.get(back)) {
                Some(back) => self.session(probe, back)?,
                None if backs.contains(&index) => {}
                None => self.probe(probe, calls.get(&index))?,
            }
        }
        Ok(())
    }

    /// Probes at entry and return of the same functions, by their positions, where the kernel runs one program for both.
    fn pairs(&self, program: &Program) -> Vec<(usize, usize)> {
        let sides: Vec<Option<(ProbeSide, Vec<&str>)>> =
            program.probes.iter().map(|probe| plain_functions(&probe.attach)).collect();
        // By functions: the probes at their entries, and those at their returns.
        let mut at: HashMap<&[&str], [Vec<usize>; 2]> = HashMap::new();
        for (index, side) in sides.iter().enumerate() {
            let Some((side, functions)) = side else { continue };
            at.entry(functions).or_default()[usize::from(*side == ProbeSide::Return)].push(index);
        }
        // Of several it would not be clear which belong together.
        let mut pairs: Vec<(usize, usize)> = at
            .into_values()
            .filter_map(|sides| match [sides[0].as_slice(), sides[1].as_slice()] {
                [[entry], [back]] => Some((*entry, *back)),
                _ => None,
            })
            .collect();
        pairs.sort_unstable();
        if pairs.is_empty() || self.runs_sessions() { pairs } else { Vec::new() }
    }

    fn runs_sessions(&self) -> bool {
        let known = || self.target.btf.as_ref().is_some_and(|btf| btf.find_func(IS_RETURN).is_some());
        self.can(Feature::KprobeSession) && self.can(Feature::KprobeMulti) && known()
    }

    /// Lowers one probe.
    fn probe(&mut self, probe: &'a Probe, calls: Option<&Calls>) -> Result<()> {
        let attach = match calls {
            Some(Calls { names, side, .. }) => {
                vec![Attach::SystemCalls { names: names.clone(), side: *side }]
            }
            None => self.attachments(probe),
        };
        let name = names::program_name(&probe.name, self.plan.probes.len());
        self.start_program(probe, &name, &attach);
        self.current.calls = calls.map(|calls| self.write_call_table(calls));
        self.whole_body(probe)?;
        self.end_program();
        self.planned(name, &[probe], attach);
        Ok(())
    }

    /// One program for two probes, of which each is a subprogram.
    fn session(&mut self, entry: &'a Probe, back: &'a Probe) -> Result<()> {
        let functions = plain_functions(&entry.attach).map(|(_, functions)| functions).unwrap_or_default();
        let functions = functions.into_iter().map(str::to_owned).collect();
        let attach = vec![Attach::KprobeSession { functions }];
        let name = names::program_name(&entry.name, self.plan.probes.len());
        let sides = [
            self.subprogram(entry, &format!("{name}_entry"))?,
            self.subprogram(back, &format!("{name}_return"))?,
        ];
        self.start_program(entry, &name, &attach);
        let context = self.b.param(0);
        let is_return = self.kernel_function(IS_RETURN);
        let answer = self.b.push(Op::Call(Callee::Kfunc(is_return), Vec::new()), Kind::I64);
        let low = self.extend_to(answer, &crate::typed::Type::Bool);
        let zero = self.b.int(0);
        let (at_entry, at_return) = (self.b.block(), self.b.block());
        self.b.branch(Cond::Eq, low, zero, at_entry, at_return);
        for (block, side) in [at_entry, at_return].into_iter().zip(sides) {
            self.b.switch_to(block);
            let done = self.b.call(side, &[context], Kind::I32);
            self.b.ret(Some(done));
        }
        self.end_program();
        self.planned(name, &[entry, back], attach);
        Ok(())
    }

    /// A probe as a function that a program calls with its context.
    fn subprogram(&mut self, probe: &'a Probe, name: &str) -> Result<FunctionId> {
        self.probe = probe;
        self.current = Current::new(probe);
        self.capture();
        self.b = Builder::new(name, ".text", &[Kind::Ptr(Pointee::Context)], Some(Kind::I32));
        self.b.function().linkage = Linkage::Static;
        self.b.function().type_id = self.globals.subprogram_type(name);
        self.whole_body(probe)?;
        Ok(self.end_program())
    }

    fn start_program(&mut self, probe: &'a Probe, name: &str, attach: &[Attach]) {
        let (section, program) = names::shape(probe.provider, attach.first(), self.can(Feature::UprobeMulti));
        self.probe = probe;
        self.current = Current::new(probe);
        self.capture();
        self.b = Builder::new(name, section, &[Kind::Ptr(Pointee::Context)], Some(Kind::I32));
        self.b.program(program);
        self.b.function().type_id = self.globals.program_type(name);
        self.at(probe.span);
    }

    fn whole_body(&mut self, probe: &'a Probe) -> Result<()> {
        self.at(probe.span);
        let body = self.enter();
        self.place_kept(probe);
        self.only_own_calls(probe)?;
        self.filter_process();
        if self.exits && super::is_stopped_by_exit(probe.provider) {
            self.leave_after_exit();
        }
        if probe.provider == Provider::Iter {
            self.object_there();
        }
        self.body(&probe.body)?;
        self.leave(body);
        Ok(())
    }

    fn end_program(&mut self) -> FunctionId {
        let function = std::mem::replace(&mut self.b, Builder::new("", "", &[], None)).finish();
        self.globals.module.functions.push(function)
    }

    /// Notes where a program goes, by the first of its blocks.
    fn planned(&mut self, program: String, blocks: &[&Probe], attach: Vec<Attach>) {
        let asks = blocks.iter().any(|block| block.names.len() > 1);
        let Some(probe) = blocks.first() else { return };
        self.plan.probes.push(PlannedProbe {
            program,
            provider: probe.provider,
            name: probe.name.clone(),
            multi: probe.multi,
            numbered: asks && attach.iter().all(Attach::takes_cookie),
            attach,
            loops: walk::loops(probe),
            span: probe.span,
        });
    }

    /// Where a program goes: at many functions by one link, where the kernel can do that.
    fn attachments(&self, probe: &Probe) -> Vec<Attach> {
        match plain_functions(&probe.attach) {
            Some((side, functions)) if functions.len() > 1 && self.can(Feature::KprobeMulti) => {
                let functions = functions.into_iter().map(str::to_owned).collect();
                vec![Attach::KprobeMulti { functions, side }]
            }
            _ => probe.attach.clone(),
        }
    }

    /// A function of the kernel that programs may call.
    pub(in crate::lower) fn kernel_function(&mut self, name: &str) -> ExternKey {
        let externs = &mut self.globals.module.externs;
        if let Some((key, _)) = externs.iter().find(|(_, it)| it.name == name) {
            return key;
        }
        let type_id = self.globals.kernel_function_type(name);
        let symbol = Extern { name: name.to_owned(), type_id, weak: false, section: ".ksyms".into() };
        self.globals.module.externs.push(symbol)
    }

    /// `-p PID`: kernel probes do nothing for other processes.
    fn filter_process(&mut self) {
        const FILTERED: [Provider; 6] = [
            Provider::Kprobe,
            Provider::Kretprobe,
            Provider::Fentry,
            Provider::Fexit,
            Provider::Tracepoint,
            Provider::RawTracepoint,
        ];
        let Some(pid) = self.options.pid.filter(|_| FILTERED.contains(&self.probe.provider)) else { return };
        let found = self.process_id();
        let wanted = self.b.int(i64::from(pid));
        let (other, own) = (self.b.block(), self.b.block());
        self.b.branch(Cond::Ne, found, wanted, other, own);
        self.b.switch_to(other);
        self.leave_program();
        self.b.switch_to(own);
    }
}

/// The functions of probes that one link can hold, and their side; `None` where one of them is something else: a place
/// inside of a function, an address, or a function of a module that is named.
fn plain_functions(attach: &[Attach]) -> Option<(ProbeSide, Vec<&str>)> {
    let (side, _) = plain_function(attach.first()?)?;
    let names =
        attach.iter().map(|it| plain_function(it).filter(|(own, _)| *own == side).map(|(_, name)| name));
    Some((side, names.collect::<Option<_>>()?))
}

fn plain_function(attach: &Attach) -> Option<(ProbeSide, &str)> {
    match attach {
        Attach::Kprobe { module, function, offset: 0, side }
            if !function.starts_with("0x") && module.as_deref().is_none_or(|module| module == "vmlinux") =>
        {
            Some((*side, function))
        }
        _ => None,
    }
}
