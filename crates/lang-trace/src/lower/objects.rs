//! Objects of the kernel that only the kernel can tell something of: paths, tasks, packets.
use super::cx::{Cx, Place, Result};
use super::helpers;
use super::remote::Remote;
use crate::probes::TASK_FROM_PID;
use crate::typed::{Expr, Member, Space, Type};
use osmia_abi::MapType;
use osmia_base::Span;
use osmia_event::{Type as Out, Verb};
use osmia_ir::{Callee, Op, Pointee, Type as Kind, Value};
use osmia_isa::{AluOp, Size};

use super::globals::MapShape;

/// The kernel function that takes a task back.
const TASK_RELEASE: &str = "bpf_task_release";
/// `BPF_F_CURRENT_CPU`.
const CURRENT_CPU: i64 = 0xffff_ffff;
/// `BPF_F_CTXLEN_MASK`: what says how many bytes of a packet are sent.
const LENGTH_BITS: i64 = 0xf_ffff;
/// How many bytes of a name a task has.
const NAME: u32 = 16;

impl<'a> Cx<'a> {
    /// `path(p)`. The kernel writes a name from its end on: of one that is too long the end is there.
    pub(super) fn put_path(&mut self, path: &'a Expr, ty: &Type, to: Place) -> Result<()> {
        let object = if path.ty.is_scalar() {
            self.scalar(path)?
        } else {
            let place = self.place(path)?;
            self.extend(place.base, &place)
        };
        let capacity = self.size_of(ty);
        self.zero(to, capacity);
        let (address, size) = (self.begin_of(to), self.b.int(i64::from(capacity)));
        self.call(helpers::D_PATH, &[object, address, size]);
        Ok(())
    }

    /// `comm(pid)`: the name of a process that is looked for.
    pub(super) fn put_comm_of(
        &mut self,
        pid: &'a Expr,
        name: &Member,
        it: &'a Expr,
        to: Place,
    ) -> Result<()> {
        let pid = self.number(pid)?;
        let capacity = self.size_of(&it.ty);
        let from_pid = self.kernel_function(TASK_FROM_PID);
        let kind = Kind::Ptr(Pointee::Kernel);
        let task = self.b.push(Op::Call(Callee::Kfunc(from_pid), vec![pid]), kind);
        let (found, missing, done) = (self.b.block(), self.b.block(), self.b.block());
        self.b.branch_if(task, found, missing);
        self.b.switch_to(found);
        let place = Remote::new(task, Space::Kernel);
        let place = self.member(place, name, &Type::Str { capacity: NAME }, it.span)?;
        self.zero(to, capacity);
        let (address, size) = (self.address(&place), self.b.int(i64::from(NAME.min(capacity))));
        self.probe_read_str(Space::Kernel, to, size, address);
        let release = self.kernel_function(TASK_RELEASE);
        self.b.push(Op::Call(Callee::Kfunc(release), vec![task]), Kind::I64);
        self.b.jump(done, &[]);
        self.b.switch_to(missing);
        self.zero(to, capacity);
        let unknown = self.b.int(i64::from(u32::from_le_bytes(*b"N/A\0")));
        self.b.store(Size::W, to.base, to.offset, unknown);
        self.say("No such process", it.span);
        self.b.jump(done, &[]);
        self.b.switch_to(done);
        Ok(())
    }

    /// `skboutput(…)`: a packet to the reader, by a buffer of its own, for the kernel writes packets to no other.
    pub(super) fn send_packet(
        &mut self,
        file: &str,
        skb: &'a Expr,
        (length, offset): (&'a Expr, &'a Expr),
        span: Span,
    ) -> Result<Value> {
        let verb = Verb::Packet { file: file.to_owned() };
        let (number, offsets, size) = self.stream(verb, vec![Out::Int { size: 8, signed: false }; 3], span);
        let skb = self.scalar(skb)?;
        let (length, offset, now) = (self.number(length)?, self.number(offset)?, self.now());
        let record = self.temp(size);
        self.zero(record, 8);
        let number = self.b.int(i64::from(number));
        self.b.store(Size::W, record.base, record.offset, number);
        for (at, value) in offsets.into_iter().zip([now, length, offset]) {
            self.b.store(Size::DW, record.base, record.offset + at as i32, value);
        }
        let map = self.globals.map("packets", MapShape::new(MapType::PerfEventArray, 4, 4, 0));
        let (mask, bits, current) = (self.b.int(LENGTH_BITS), self.b.int(32), self.b.int(CURRENT_CPU));
        let sent = self.b.alu(AluOp::And, length, mask);
        let sent = self.b.alu(AluOp::Lsh, sent, bits);
        let flags = self.b.alu(AluOp::Or, sent, current);
        let (map, size) = (self.b.map(map), self.b.int(i64::from(size)));
        let record = self.begin_of(record);
        Ok(self.call(helpers::SKB_OUTPUT, &[skb, map, flags, record, size]))
    }
}
