//! What probes in user files find there: arguments that the file's author noted, and addresses of symbols.
use super::builtin::INSTRUCTION_POINTER;
use super::cx::{Cached, Cx, Result};
use super::helpers;
use crate::probes::Provider;
use crate::typed::{Expr, Space};
use osmia_abi::Feature;
use osmia_base::Span;
use osmia_ir::{Op, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};
use osmia_object::{Attach, UprobeTarget, UsdtArgument, UsdtOperand, UsdtSite, UserFile, UserFileKind};

impl<'a> Cx<'a> {
    /// The file that the probe is in.
    fn user_file(&self) -> Option<&'a UserFile> {
        match self.probe.attach.first()? {
            Attach::Uprobe { path, .. } | Attach::UprobeMulti { path, .. } | Attach::Usdt { path, .. } => {
                self.target.user_file(path)
            }
            _ => None,
        }
    }

    /// Where the probe stands that the file's author put in; nowhere for others.
    fn sites(&self) -> &'a [UsdtSite] {
        let Some(Attach::Usdt { provider, name, .. }) = self.probe.attach.first() else { return &[] };
        let probe = self.user_file().and_then(|file| file.probe(provider, name));
        probe.map_or(&[], |probe| &probe.sites)
    }

    /// An argument of a probe that the file's author put in.
    pub(super) fn usdt_argument(&mut self, number: u16, it: &Expr) -> Result<Value> {
        let sites = self.sites();
        let arguments: Option<Vec<(&UsdtArgument, u64)>> =
            sites.iter().map(|site| Some((argument(site, number)?, site.address))).collect();
        let Some(arguments) = arguments.filter(|arguments| !arguments.is_empty()) else {
            return self.error(it.span, format!("arg{number} of this probe is not known"));
        };
        let value = self.by_site(&arguments, it.span, |cx, (argument, site)| cx.operand(argument, *site))?;
        Ok(self.extend_to(value, &it.ty))
    }

    /// The number of the place that the program runs at.
    pub(super) fn cookie(&mut self) -> Value {
        let calls = self.call_table();
        self.once(Cached::Cookie, |cx| {
            if let Some(table) = calls {
                return cx.call_place(table);
            }
            let context = cx.context();
            cx.call(helpers::ATTACH_COOKIE, &[context])
        })
    }

    /// What `write` gives for the site that the program runs at.
    fn by_site<T: PartialEq>(
        &mut self,
        sites: &[T],
        span: Span,
        write: impl Fn(&mut Self, &T) -> Value,
    ) -> Result<Value> {
        let Some((first, rest)) = sites.split_first() else {
            return self.error(span, "the probe is nowhere");
        };
        if rest.iter().all(|site| site == first) {
            return Ok(write(self, first));
        }
        if !self.can(Feature::AttachCookie) {
            let text = "it is not the same at all places where the probe stands, and this kernel does not tell \
                        them apart (bpf_get_attach_cookie, 5.15)";
            return self.error(span, text);
        }
        let here = self.cookie();
        let done = self.b.block();
        let result = self.b.block_param(done, Kind::I64);
        // Sites with the same answer share it: the last group is what is left.
        let mut left: Vec<(usize, &T)> = sites.iter().enumerate().collect();
        while let Some(&(_, answer)) = left.first() {
            let (group, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|(_, site)| *site == answer);
            let (found, next) = (self.b.block(), self.b.block());
            if others.is_empty() {
                self.b.jump(found, &[]);
            }
            for (at, (index, _)) in group.iter().enumerate().filter(|_| !others.is_empty()) {
                let (wanted, last) = (self.b.int(*index as i64), at + 1 == group.len());
                let no = if last { next } else { self.b.block() };
                self.b.branch(Cond::Eq, here, wanted, found, no);
                self.b.switch_to(no);
            }
            self.b.switch_to(found);
            let value = self.maybe(|cx| write(cx, answer));
            self.b.jump(done, &[value]);
            if !others.is_empty() {
                self.b.switch_to(next);
            }
            left = others;
        }
        self.b.switch_to(done);
        Ok(result)
    }

    /// An argument, at a site with that address in the file.
    fn operand(&mut self, argument: &UsdtArgument, site: u64) -> Value {
        let value = match argument.operand {
            UsdtOperand::Constant(number) => self.b.int(number),
            UsdtOperand::Register { register, shift: 0 } => self.register(register.into()),
            UsdtOperand::Register { register, shift } => {
                let (whole, bits) = (self.register(register.into()), self.b.int(shift.into()));
                self.b.alu(AluOp::Rsh, whole, bits)
            }
            UsdtOperand::Memory { base, index, displacement } => {
                let mut address = self.b.int(displacement);
                if let Some((index, scale)) = index {
                    let (index, scale) = (self.register(index.into()), self.b.int(scale.into()));
                    let scaled = self.b.alu(AluOp::Mul, index, scale);
                    address = self.b.alu(AluOp::Add, address, scaled);
                }
                if let Some(base) = base {
                    let base = self.register(base.into());
                    address = self.b.alu(AluOp::Add, base, address);
                }
                self.user_word(address, argument.size)
            }
            UsdtOperand::Static(at) => {
                let address = self.mapped(at, site);
                self.user_word(address, argument.size)
            }
        };
        let size = Size::from_bytes(argument.size.into()).unwrap_or(Size::DW);
        match (size, argument.signed) {
            (Size::DW, _) => value,
            (size, true) => self.b.push(Op::SignExtend(size, value), Kind::I64),
            (size, false) => self.b.push(Op::ZeroExtend(size, value), Kind::I64),
        }
    }

    /// A number of so many bytes in the process's memory.
    fn user_word(&mut self, address: Value, size: u8) -> Value {
        let to = self.temp(8);
        let zero = self.b.int(0);
        self.b.store(Size::DW, to.base, to.offset, zero);
        let size = self.b.int(size.into());
        self.probe_read(Space::User, to, size, address);
        self.b.load(Size::DW, to.base, to.offset, Kind::I64)
    }

    /// Where an address of the file is in the process, given that the program runs at the address `here` of the file.
    fn mapped(&mut self, address: u64, here: u64) -> Value {
        let ip = self.register(INSTRUCTION_POINTER);
        self.b.offset(ip, address.wrapping_sub(here) as i64)
    }

    /// The address of a symbol of the traced file, in the process.
    pub(super) fn user_symbol(&mut self, name: &str, span: Span) -> Result<Value> {
        let Some(file) = self.user_file() else { return self.error(span, "uaddr is for user files") };
        let Some(symbol) = file.symbol(name) else {
            return self.error(span, format!("Could not resolve symbol: {}:{name}", file.path));
        };
        if file.kind == UserFileKind::Fixed {
            return Ok(self.b.int(symbol.address as i64));
        }
        // The probed place's address at run time tells where the file was mapped.
        let here = match self.probe.attach.first() {
            Some(Attach::Uprobe { target: UprobeTarget::Symbol { name, offset }, .. }) => {
                file.symbol(name).map(|at| at.address.wrapping_add(*offset))
            }
            Some(Attach::Uprobe { target: UprobeTarget::Address(at), .. }) => Some(*at),
            _ => None,
        };
        let address = symbol.address;
        match (here, self.provider()) {
            (Some(here), Provider::Uretprobe) => {
                let function = self.function_address();
                Ok(self.b.offset(function, address.wrapping_sub(here) as i64))
            }
            (Some(here), _) => Ok(self.mapped(address, here)),
            (None, _) => {
                let sites: Vec<u64> = self.sites().iter().map(|site| site.address).collect();
                self.by_site(&sites, span, |cx, site| cx.mapped(address, *site))
            }
        }
    }
}

fn argument(site: &UsdtSite, number: u16) -> Option<&UsdtArgument> {
    site.arguments.get(usize::from(number))?.as_ref().ok()
}
