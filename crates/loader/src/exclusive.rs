//! Maps that one program alone may use: the kernel knows that program by the hash of its instructions.
use crate::error::{LoadError, MapError, MapStep};
use crate::options::Exclusive;
use crate::programs::missing_map;
use osmia_isa::{Imm64, Insn, encode};
use osmia_object::{Image, ImageProgram};
use osmia_sys::Errno;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// SHA-256 of a program's instructions (`bpf_prog_calc_tag` of `kernel/bpf/core.c`, 6.18).
pub(crate) type Hash = [u8; 32];

/// What it means when the kernel does not take such a map.
pub(crate) const NEWER: &str =
    "it is to be used by one program alone, which kernels know from Linux 6.18 on; or its sizes are wrong";

/// The hashes of the programs, by the places of the maps that are for them alone.
pub(crate) fn hashes(image: &Image, wanted: &[Exclusive]) -> Result<HashMap<usize, Hash>, LoadError> {
    wanted.iter().map(|wanted| one(image, wanted).map_err(|why| refusal(wanted, why))).collect()
}

fn refusal(wanted: &Exclusive, why: String) -> LoadError {
    let (map, step, errno) = (wanted.map.clone(), MapStep::Create, Errno::EINVAL);
    MapError { map, step, errno, reason: Some(why) }.into()
}

fn one(image: &Image, wanted: &Exclusive) -> Result<(usize, Hash), String> {
    let map = image.maps.iter().position(|map| map.name == wanted.map && !map.template);
    let program = image.programs.iter().find(|program| program.name == wanted.program);
    let map = map.ok_or("the object has no map of this name")?;
    let program = program.ok_or_else(|| {
        format!(
            "it is to be for the program `{}` alone, and the object has none of this name",
            wanted.program
        )
    })?;
    Ok((map, hash(image, program)?))
}

/// The kernel takes descriptors and offsets of maps as zero, and nothing else.
fn hash(image: &Image, program: &ImageProgram) -> Result<Hash, String> {
    let mut insns = Vec::with_capacity(program.insns.len());
    for insn in &program.insns {
        let Insn::LoadImm64 { dst, value } = *insn else {
            insns.push(*insn);
            continue;
        };
        let value = match value {
            Imm64::Map(map) | Imm64::MapValue { map, .. } if missing_map(image, map).is_some() => {
                insns.extend(missing_map(image, map).into_iter().flatten());
                continue;
            }
            Imm64::Map(_) | Imm64::MapFd(_) => Imm64::MapFd(0),
            Imm64::MapValue { .. } | Imm64::MapFdValue { .. } => Imm64::MapFdValue { fd: 0, offset: 0 },
            Imm64::BtfId { fd, .. } if fd > 0 => {
                return Err(format!(
                    "the program `{}` uses a module's variable: its instructions, by which the kernel would know it, hold a \
                     descriptor",
                    program.name
                ));
            }
            Imm64::BtfId { .. } | Imm64::Value(_) | Imm64::Function(_) => value,
        };
        insns.push(Insn::LoadImm64 { dst, value });
    }
    Ok(Sha256::digest(encode(&insns)).into())
}
