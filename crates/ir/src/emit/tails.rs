//! Blocks that end in the same instructions share them.
use super::layout::reachable;
use super::mach::{Code, End, MBlock, MBlockData, Mach};
use osmia_base::{Arena, Key};
use std::collections::HashMap;

/// So many instructions in common are worth the jump to them.
const LEAST: usize = 2;

/// Lets the blocks of one group that end alike go on in one block, which follows the last of them; whether there was
/// such a group.
pub(super) fn merge_tail(code: &mut Code) -> bool {
    let Some((blocks, length)) = group(code) else { return false };
    let Some(&last) = blocks.last() else { return false };
    let data = &code.blocks[last];
    let from = data.insts.len() - length;
    let tail = MBlockData { insts: data.insts[from..].to_vec(), ..data.clone() };
    insert_after(code, last, tail);
    let to = MBlock::from_index(last.index() + 1);
    for block in blocks {
        let data = &mut code.blocks[block];
        data.insts.truncate(data.insts.len() - length);
        data.end = End::Goto(to);
    }
    true
}

/// Blocks in order whose ends are the same, and how many instructions they have in common.
fn group(code: &Code) -> Option<(Vec<MBlock>, usize)> {
    let reachable = reachable(code);
    let mut groups: HashMap<(Vec<&Mach>, &End), Vec<MBlock>> = HashMap::new();
    let mut order = Vec::new();
    for (block, data) in code.blocks.iter().filter(|(block, _)| reachable[block.index()]) {
        let Some(from) = data.insts.len().checked_sub(LEAST) else { continue };
        let key = (data.insts[from..].iter().map(|(inst, _)| inst).collect::<Vec<_>>(), &data.end);
        let group = groups.entry(key.clone()).or_default();
        group.push(block);
        if group.len() == 2 {
            order.push(key);
        }
    }
    let blocks = groups.remove(order.first()?)?;
    let (first, rest) = blocks.split_first()?;
    let length = rest.iter().map(|&block| common(code, *first, block)).min()?;
    Some((blocks, length))
}

/// How many instructions at the end of two blocks are the same.
fn common(code: &Code, a: MBlock, b: MBlock) -> usize {
    let (a, b) = (&code.blocks[a].insts, &code.blocks[b].insts);
    a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a.0 == b.0).count()
}

fn insert_after(code: &mut Code, place: MBlock, data: MBlockData) {
    let mut blocks = Arena::new();
    for (block, old) in code.blocks.iter() {
        blocks.push(old.clone());
        if block == place {
            blocks.push(data.clone());
        }
    }
    for (_, data) in blocks.iter_mut() {
        data.end.targets_mut(|target| {
            if *target > place {
                *target = MBlock::from_index(target.index() + 1);
            }
        });
    }
    code.blocks = blocks;
}
