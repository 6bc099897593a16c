//! What the machine tells: processes, processors, clocks, and what a probe was called with.
use super::cx::{Cached, Cx, Result};
use super::helpers;
use super::remote::Remote;
use crate::probes::{Provider, words_of};
use crate::typed::{Builtin, Expr, Space, Type};
use osmia_abi::Feature;
use osmia_base::Span;
use osmia_btf::Kind as TypeKind;
use osmia_ir::{Pointee, Type as Kind, Value};
use osmia_isa::{AluOp, Cond, Size};
use osmia_object::{Attach, ProbeSide};

/// Where `struct pt_regs` of x86-64 keeps a function's first arguments.
const ARGUMENTS: [i32; 6] = [112, 104, 96, 88, 72, 64];
const STACK_POINTER: i32 = 152;
const RETURN_VALUE: i32 = 80;
pub(super) const INSTRUCTION_POINTER: i32 = 128;
const CODE_SEGMENT: i32 = 136;

impl<'a> Cx<'a> {
    pub(super) fn builtin(&mut self, builtin: Builtin, span: Span) -> Result<Value> {
        Ok(match builtin {
            Builtin::Pid => self.process_id(),
            Builtin::Tid => self.thread_id(),
            Builtin::InitPid => self.high_half(Cached::InitPidTgid),
            Builtin::InitTid => self.low_half(Cached::InitPidTgid),
            Builtin::Uid => self.low_half(Cached::UidGid),
            Builtin::Gid => self.high_half(Cached::UidGid),
            Builtin::Comm | Builtin::ProbeName => return self.error(span, "this is text, not a number"),
            Builtin::Cpu => self.once(Cached::Cpu, |cx| cx.call(helpers::CPU, &[])),
            Builtin::Ncpus => self.b.int(i64::from(self.target.cpus)),
            Builtin::Numaid => self.call(helpers::NUMA_NODE, &[]),
            Builtin::Curtask => self.current_task(),
            Builtin::Cgroup => self.once(Cached::Cgroup, |cx| cx.call(helpers::CGROUP_ID, &[])),
            Builtin::Rand => {
                let number = self.call(helpers::PRANDOM, &[]);
                self.extend_to(number, &Type::UINT32)
            }
            Builtin::Nsecs => self.now(),
            Builtin::NsecsMonotonic => self.call(helpers::KTIME, &[]),
            Builtin::NsecsTai => {
                let helper = self.pick(&helpers::NOW_TAI);
                self.call(helper, &[])
            }
            Builtin::Elapsed => self.elapsed(),
            Builtin::Jiffies => self.call(helpers::JIFFIES64, &[]),
            Builtin::Ctx => self.context(),
            Builtin::FuncAddress => self.function_address(),
            Builtin::Usermode => self.user_mode(),
            Builtin::Cpid => self.b.int(i64::from(self.options.cpid.unwrap_or(0))),
        })
    }

    pub(super) fn now(&mut self) -> Value {
        let helper = self.pick(&helpers::NOW);
        self.call(helper, &[])
    }

    fn elapsed(&mut self) -> Value {
        let now = self.now();
        let (section, offset) = self.globals.variable("start_ns", 8);
        let at = self.b.data(section, offset);
        let start = self.b.load(Size::DW, at, 0, Kind::I64);
        self.b.alu(AluOp::Sub, now, start)
    }

    /// Two numbers of 32 bits, as helpers tell them.
    fn pair(&mut self, which: Cached) -> Value {
        let namespace = self.options.pid_namespace.filter(|_| which == Cached::PidTgid);
        // In the initial namespace, both are one.
        let which = if which == Cached::InitPidTgid && self.options.pid_namespace.is_none() {
            Cached::PidTgid
        } else {
            which
        };
        self.once(which, |cx| match (which, namespace) {
            (Cached::UidGid, _) => cx.call(helpers::UID_GID, &[]),
            (_, Some((device, inode))) => cx.namespace_pair(device, inode),
            _ => cx.call(helpers::PID_TGID, &[]),
        })
    }

    /// `struct bpf_pidns_info`: the thread, then the process.
    fn namespace_pair(&mut self, device: u64, inode: u64) -> Value {
        let to = self.temp(8);
        let zero = self.b.int(0);
        self.b.store(Size::DW, to.base, to.offset, zero);
        let (device, inode, size) = (self.b.int(device as i64), self.b.int(inode as i64), self.b.int(8));
        let address = self.begin_of(to);
        self.call(helpers::NS_PID_TGID, &[device, inode, address, size]);
        self.b.load(Size::DW, to.base, to.offset, Kind::I64)
    }

    fn high_half(&mut self, which: Cached) -> Value {
        let (pair, bits) = (self.pair(which), self.b.int(32));
        self.b.alu(AluOp::Rsh, pair, bits)
    }

    fn low_half(&mut self, which: Cached) -> Value {
        let pair = self.pair(which);
        self.extend_to(pair, &Type::UINT32)
    }

    /// The process (thread group) id.
    pub(super) fn process_id(&mut self) -> Value {
        self.high_half(Cached::PidTgid)
    }

    fn thread_id(&mut self) -> Value {
        self.low_half(Cached::PidTgid)
    }

    fn current_task(&mut self) -> Value {
        self.once(Cached::Task, |cx| {
            if cx.can(Feature::CurrentTaskBtf) && cx.provider() != Provider::Bench {
                return cx.b.helper(helpers::CURRENT_TASK_BTF, &[], Kind::Ptr(Pointee::Kernel));
            }
            cx.call(helpers::CURRENT_TASK, &[])
        })
    }

    pub(super) fn register(&mut self, offset: i32) -> Value {
        let context = self.context();
        self.b.load(Size::DW, context, offset, Kind::I64)
    }

    /// The address of the traced function.
    pub(super) fn function_address(&mut self) -> Value {
        // A uretprobe's registers are those of the caller.
        let told = matches!(
            self.provider(),
            Provider::Kprobe | Provider::Kretprobe | Provider::Fentry | Provider::Fexit | Provider::Uretprobe
        );
        if told && self.can(Feature::GetFuncIp) {
            let context = self.context();
            return self.call(helpers::FUNC_IP, &[context]);
        }
        self.register(INSTRUCTION_POINTER)
    }

    fn user_mode(&mut self) -> Value {
        let segment = self.register(CODE_SEGMENT);
        let three = self.b.int(3);
        let ring = self.b.alu(AluOp::And, segment, three);
        self.b.compare(Cond::Eq, ring, three)
    }

    /// An argument of what the probe is at.
    pub(super) fn argument(&mut self, number: u16, it: &'a Expr) -> Result<Value> {
        match self.provider() {
            Provider::Fentry | Provider::Fexit | Provider::RawTracepoint => {
                Ok(self.word(i32::from(number) * 8, &it.ty))
            }
            Provider::Iter => Ok(match self.pointer_kind(&it.ty) {
                Kind::I64 => self.word(i32::from(number) * 8, &it.ty),
                _ => self.iterated(number),
            }),
            Provider::Kprobe
            | Provider::Kretprobe
            | Provider::Uprobe
            | Provider::Uretprobe
            | Provider::Watchpoint => {
                let value = match ARGUMENTS.get(usize::from(number)) {
                    Some(&offset) => self.register(offset),
                    None => self.stack_argument(number),
                };
                Ok(self.extend_to(value, &it.ty))
            }
            Provider::Usdt => self.usdt_argument(number, it),
            _ => self.error(it.span, "this probe has no arguments"),
        }
    }

    /// A word of a context that is an array of them. The verifier knows what a typed pointer points to.
    fn word(&mut self, offset: i32, ty: &Type) -> Value {
        let context = self.context();
        let typed = !matches!(self.probe.attach.first(), Some(Attach::RawTracepoint { .. }))
            && self.provider() != Provider::Iter;
        let kind = if typed { self.pointer_kind(ty) } else { Kind::I64 };
        let value = self.b.load(Size::DW, context, offset, kind);
        if kind == Kind::I64 { self.extend_to(value, ty) } else { value }
    }

    /// Arguments after the sixth are on the stack, after the return address.
    fn stack_argument(&mut self, number: u16) -> Value {
        let user = matches!(self.provider(), Provider::Uprobe | Provider::Uretprobe);
        let stack = self.register(STACK_POINTER);
        let offset = 8 * (i64::from(number) - ARGUMENTS.len() as i64 + 1);
        let place = Remote::at(stack, if user { Space::User } else { Space::Kernel }, offset);
        let (to, size, address) = (self.temp(8), self.b.int(8), self.address(&place));
        self.probe_read(if user { Space::User } else { Space::Kernel }, to, size, address);
        self.b.load(Size::DW, to.base, to.offset, Kind::I64)
    }

    /// What the traced function returned.
    pub(super) fn returned(&mut self, it: &'a Expr) -> Result<Value> {
        if self.provider() != Provider::Fexit {
            let value = self.register(RETURN_VALUE);
            return Ok(self.extend_to(value, &it.ty));
        }
        if let Some(count) = self.parameters() {
            return Ok(self.word(count * 8, &it.ty));
        }
        let (context, to) = (self.context(), self.temp(8));
        let zero = self.b.int(0);
        self.b.store(Size::DW, to.base, to.offset, zero);
        let address = self.begin_of(to);
        self.call(helpers::FUNC_RET, &[context, address]);
        let value = self.b.load(Size::DW, to.base, to.offset, Kind::I64);
        Ok(self.extend_to(value, &it.ty))
    }

    /// How many words the parameters of the traced kernel function take.
    fn parameters(&self) -> Option<i32> {
        let Some(Attach::Trampoline { function, side: ProbeSide::Return, .. }) = self.probe.attach.first()
        else {
            return None;
        };
        let btf = self.target.btf.as_ref()?;
        let TypeKind::Func { proto, .. } = btf.get(btf.find_func(function)?).ok()?.kind else { return None };
        let TypeKind::FuncProto { params, .. } = btf.get(proto).ok()?.kind else { return None };
        Some(params.iter().map(|param| i32::from(words_of(btf, param.ty))).sum())
    }
}
