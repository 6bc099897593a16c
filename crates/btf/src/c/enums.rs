//! Enumerations.
use super::state::Writer;
use crate::wire::Raw;
use crate::{BtfError, KindTag, TypeId};

impl<'a> Writer<'a> {
    /// `enum name { … }`; without values only the name.
    pub(super) fn enumeration(&mut self, id: TypeId, raw: Raw<'a>, indent: usize) -> Result<(), BtfError> {
        let (wide, signed) = (raw.info.tag == KindTag::Enum64, raw.info.flag);
        self.push_tag(id, raw)?;
        if raw.info.vlen == 0 {
            return Ok(());
        }
        self.out.push_str(" {");
        for (name, value) in raw.enumerators() {
            self.step(id)?;
            let name = self.btf.ident(name)?;
            self.out.push('\n');
            self.tabs(indent + 1);
            self.push_enumerator(name);
            self.out.push_str(" = ");
            match (wide, signed) {
                // The lowest number cannot be written as one.
                (true, true) if value == i64::MIN => self.out.push_str("(-9223372036854775807LL - 1)"),
                (true, true) => self.push_with(value.into(), "LL"),
                (true, false) => self.push_with(value.cast_unsigned().into(), "ULL"),
                (false, true) => self.push_number(value.into()),
                (false, false) => self.push_number((value as u32).into()),
            }
            self.out.push(',');
        }
        self.out.push('\n');
        self.tabs(indent);
        self.out.push('}');
        self.out.push_str(mode(raw, self.btf.pointer_size()));
        Ok(())
    }

    fn push_with(&mut self, number: i128, suffix: &str) {
        self.push_number(number);
        self.out.push_str(suffix);
    }
}

/// What makes a compiler choose the size, where the values do not.
fn mode(raw: Raw<'_>, pointer_size: u32) -> &'static str {
    match raw.word {
        1 => " __attribute__((mode(byte)))",
        2 => " __attribute__((mode(HI)))",
        8 if pointer_size == 8 && !wants_64_bits(raw) => " __attribute__((mode(word)))",
        8 if !wants_64_bits(raw) => " __attribute__((mode(DI)))",
        _ => "",
    }
}

/// Whether a value needs more than 32 bits.
fn wants_64_bits(raw: Raw<'_>) -> bool {
    raw.enumerators().any(|(_, value)| match raw.info.flag {
        true => i32::try_from(value).is_err(),
        false => u32::try_from(value.cast_unsigned()).is_err(),
    })
}
