//! Types as bpftool prints them in JSON.
use super::Json;
use osmia_btf::{Btf, BtfError, Enum, Kind, Type, TypeId, dump};

/// One type, with bpftool's keys.
pub(super) fn type_json(btf: &Btf, id: TypeId, json: &mut Json) -> Result<(), BtfError> {
    let ty = btf.get(id)?;
    json.object(|json| {
        json.field("id", id.0);
        json.text_field("kind", dump::kind_name(ty.kind.tag()));
        json.text_field("name", shown(&ty.name));
        fields(&ty, json);
    });
    Ok(())
}

fn shown(name: &str) -> &str {
    if name.is_empty() { "(anon)" } else { name }
}

fn fields(ty: &Type, json: &mut Json) {
    match &ty.kind {
        Kind::Void => {}
        Kind::Int { size, encoding, offset, bits } => {
            json.field("size", size);
            json.field("bits_offset", offset);
            json.field("nr_bits", bits);
            json.text_field("encoding", dump::encoding_name(*encoding));
        }
        Kind::Ptr(to) | Kind::Typedef(to) | Kind::Volatile(to) | Kind::Const(to) | Kind::Restrict(to) => {
            json.field("type_id", to.0);
        }
        Kind::TypeTag { ty, .. } => json.field("type_id", ty.0),
        Kind::Array { element, index, len } => {
            json.field("type_id", element.0);
            json.field("index_type_id", index.0);
            json.field("nr_elems", len);
        }
        Kind::Struct(body) | Kind::Union(body) => {
            json.field("size", body.size);
            list(json, "members", &body.members, |member, json| {
                json.text_field("name", shown(&member.name));
                json.field("type_id", member.ty.0);
                json.field("bits_offset", member.bit_offset);
                if let Some(bits) = member.bit_size {
                    json.field("bitfield_size", bits);
                }
            });
        }
        Kind::Enum(body) => enumeration(body, json, |signed, value| match signed {
            true => value.to_string(),
            false => (value as u32).to_string(),
        }),
        Kind::Enum64(body) => enumeration(body, json, |signed, value| match signed {
            true => value.to_string(),
            false => value.cast_unsigned().to_string(),
        }),
        Kind::Fwd { union } => json.text_field("fwd_kind", if *union { "union" } else { "struct" }),
        Kind::Func { proto: ty, linkage } | Kind::Var { ty, linkage } => {
            json.field("type_id", ty.0);
            json.text_field("linkage", dump::linkage_name(*linkage));
        }
        Kind::FuncProto { ret, params } => {
            json.field("ret_type_id", ret.0);
            list(json, "params", params, |param, json| {
                json.text_field("name", shown(&param.name));
                json.field("type_id", param.ty.0);
            });
        }
        Kind::Datasec { size, vars } => {
            json.field("size", size);
            list(json, "vars", vars, |slot, json| {
                json.field("type_id", slot.ty.0);
                json.field("offset", slot.offset);
                json.field("size", slot.size);
            });
        }
        Kind::Float { size } => json.field("size", size),
        Kind::DeclTag { ty, component, .. } => {
            json.field("type_id", ty.0);
            json.field("component_idx", component.map_or(-1, u32::cast_signed));
        }
    }
}

fn list<T>(json: &mut Json, name: &str, items: &[T], mut each: impl FnMut(&T, &mut Json)) {
    json.field("vlen", items.len());
    json.name(name);
    json.array(|json| items.iter().for_each(|item| json.object(|json| each(item, json))));
}

fn enumeration(body: &Enum, json: &mut Json, value: impl Fn(bool, i64) -> String) {
    json.text_field("encoding", if body.signed { "SIGNED" } else { "UNSIGNED" });
    json.field("size", body.size);
    list(json, "values", &body.values, |it, json| {
        json.text_field("name", shown(&it.name));
        json.field("val", value(body.signed, it.value));
    });
}
