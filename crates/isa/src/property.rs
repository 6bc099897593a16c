//! What holds for any input; tests and fuzzers call these.
use osmia_base::Endian;

use crate::text::{self, Names};
use crate::{Insn, decode_with, encode_with, flow, wire};

/// Bytes that decode are what their instructions encode to; texts and control flow of any code exist.
///
/// # Panics
/// When that does not hold.
pub fn roundtrip(bytes: &[u8]) {
    for endian in [Endian::Little, Endian::Big] {
        if let Ok(insns) = decode_with(bytes, endian) {
            assert_eq!(encode_with(&insns, endian), bytes);
            texts(&insns);
        }
    }
    if let Ok(insns) = wire::decode_xlated(bytes, Endian::Little) {
        text::kernel::disassemble_xlated(&insns, &Names::of_helpers());
        assert_eq!(
            insns.iter().map(|insn| insn.slots() as usize).sum::<usize>() * wire::SLOT_BYTES,
            bytes.len()
        );
    }
}

/// What is disassembled in either syntax assembles to the same bytes; what the text does not say aside.
fn texts(insns: &[Insn]) {
    let names = Names::default();
    let _ = flow::analyze(insns);
    for insn in insns {
        let kernel = text::kernel::instruction(insn, &names);
        check(insn, &kernel, kernel_form(*insn));
        for narrow in [text::llvm::Narrow::R, text::llvm::Narrow::W] {
            let llvm = text::llvm::instruction(insn, 0, &names, narrow);
            check(insn, &llvm, llvm_form(*insn));
        }
    }
}

fn check(insn: &Insn, text: &str, expected: Insn) {
    match text::assemble(text) {
        Ok(assembly) => assert_eq!(assembly.insns, [expected], "{insn:?} as `{text}`"),
        Err(errors) => panic!("{insn:?} as `{text}`: {errors:?}"),
    }
}

/// What the kernel's text of `insn` says: kfuncs look like helpers, variables like numbers.
fn kernel_form(insn: Insn) -> Insn {
    use crate::{Callee, Imm64};
    if let Insn::Call(Callee::Kfunc { id, .. }) = insn {
        return Insn::Call(Callee::Helper(id as u32));
    }
    if let Insn::LoadImm64 { dst, value: Imm64::BtfId { id, fd } } = insn {
        let value = Imm64::Value(u64::from(fd as u32) << 32 | u64::from(id as u32));
        return Insn::LoadImm64 { dst, value };
    }
    insn
}

/// What LLVM's text of `insn` says: all calls look alike.
fn llvm_form(insn: Insn) -> Insn {
    use crate::Callee;
    if let Insn::Call(Callee::Local(imm) | Callee::Kfunc { id: imm, .. }) = insn {
        return Insn::Call(Callee::Helper(imm as u32));
    }
    insn
}

/// Any text assembles or is refused, in all syntaxes; what assembles, encodes to bytes that decode to it.
///
/// # Panics
/// When that does not hold.
pub fn assembles(text: &str) {
    for assembled in [text::assemble(text), text::assemble_ubpf(text)] {
        match assembled {
            Ok(assembly) => {
                assert_eq!(assembly.insns.len(), assembly.spans.len());
                let bytes = encode_with(&assembly.insns, Endian::Little);
                assert_eq!(decode_with(&bytes, Endian::Little).as_ref(), Ok(&assembly.insns), "{text}");
            }
            Err(errors) => {
                let size = text.len() as u32;
                assert!(
                    errors.iter().all(|error| error.span.start <= error.span.end && error.span.end <= size)
                );
            }
        }
    }
}
