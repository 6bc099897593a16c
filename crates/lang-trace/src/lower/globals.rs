//! What all programs of a script share: its maps, global data, and the types that describe them.
use osmia_abi::MapType;
use osmia_btf::{IntEncoding, Linkage as TypeLinkage, Param, TypeId, VarSlot};
use osmia_event::round_up;
use osmia_ir::Module;
use osmia_object::{Data, DataKey, DataKind, Linkage, Map, MapDecl, MapKey, Pinning, Variable};
use std::collections::{BTreeMap, HashMap};

/// A data section as it grows.
#[derive(Debug)]
struct Section {
    key: DataKey,
    variables: Vec<(Variable, TypeId)>,
    /// Where each of them is, by its name.
    offsets: HashMap<String, u32>,
}

/// What kernel functions take and return.
#[derive(Clone, Copy)]
enum Shape {
    Nothing,
    Flag,
    Number,
    Task,
}

/// Name, result, parameters.
type Prototype = (&'static str, Shape, &'static [(&'static str, Shape)]);

/// The kernel functions that are called, with their prototypes (kernel/bpf/helpers.c, kernel/trace/bpf_trace.c).
const KERNEL_FUNCTIONS: [Prototype; 3] = [
    ("bpf_task_from_pid", Shape::Task, &[("pid", Shape::Number)]),
    ("bpf_task_release", Shape::Nothing, &[("p", Shape::Task)]),
    ("bpf_session_is_return", Shape::Flag, &[]),
];

impl Section {
    /// Where the variable of a name is.
    fn find(&self, name: &str) -> Option<(DataKey, u32)> {
        self.offsets.get(name).map(|&offset| (self.key, offset))
    }

    fn add(&mut self, variable: Variable, ty: TypeId) {
        self.offsets.insert(variable.name.clone(), variable.offset);
        self.variables.push((variable, ty));
    }
}

/// The module, and what has been put into it so far.
#[derive(Debug)]
pub(super) struct Globals {
    pub(super) module: Module,
    bss: Option<Section>,
    rodata: Option<Section>,
    /// Parameters that are known when the object is loaded.
    params: Option<Section>,
    texts: BTreeMap<Vec<u8>, u32>,
    zeros: Option<(u32, u32)>,
    ints: BTreeMap<(u32, bool), TypeId>,
    maps: BTreeMap<String, MapKey>,
    void_pointer: Option<TypeId>,
}

impl Globals {
    pub(super) fn new(module: Module) -> Self {
        Self {
            module,
            bss: None,
            rodata: None,
            params: None,
            texts: BTreeMap::new(),
            zeros: None,
            ints: BTreeMap::new(),
            maps: BTreeMap::new(),
            void_pointer: None,
        }
    }

    /// The type of an integer.
    pub(super) fn int(&mut self, size: u32, signed: bool) -> TypeId {
        let (name, encoding) = match (size, signed) {
            (1, true) => ("signed char", IntEncoding::SIGNED),
            (1, false) => ("unsigned char", IntEncoding::UNSIGNED),
            (2, true) => ("short", IntEncoding::SIGNED),
            (2, false) => ("unsigned short", IntEncoding::UNSIGNED),
            (4, true) => ("int", IntEncoding::SIGNED),
            (4, false) => ("unsigned int", IntEncoding::UNSIGNED),
            (_, true) => ("long", IntEncoding::SIGNED),
            (_, false) => ("unsigned long", IntEncoding::UNSIGNED),
        };
        let btf = &mut self.module.btf;
        *self.ints.entry((size, signed)).or_insert_with(|| btf.add_int(name, size, encoding))
    }

    /// `void *`.
    pub(super) fn void_pointer(&mut self) -> TypeId {
        let btf = &mut self.module.btf;
        *self.void_pointer.get_or_insert_with(|| btf.add_ptr(TypeId::VOID))
    }

    /// An array of so many bytes.
    fn bytes(&mut self, size: u32) -> TypeId {
        let (element, index) = (self.int(1, false), self.int(4, false));
        self.module.btf.add_array(element, index, size)
    }

    /// A type of this size, for what has no better one.
    fn plain(&mut self, size: u32) -> TypeId {
        if matches!(size, 1 | 2 | 4 | 8) { self.int(size, false) } else { self.bytes(size) }
    }

    /// The type of a program: `int NAME(void *ctx)`.
    pub(super) fn program_type(&mut self, name: &str) -> TypeId {
        let (ret, ctx) = (self.int(4, true), self.void_pointer());
        let params = vec![Param { name: "ctx".into(), ty: ctx }];
        let proto = self.module.btf.add_func_proto(ret, params);
        self.module.btf.add_func(name, proto, TypeLinkage::Global)
    }

    /// The type of a callback: `long NAME(void *, …)`.
    pub(super) fn callback_type(&mut self, name: &str, params: &[&str]) -> TypeId {
        let (ret, pointer) = (self.int(8, true), self.void_pointer());
        let params = params.iter().map(|&name| Param { name: name.into(), ty: pointer }).collect();
        let proto = self.module.btf.add_func_proto(ret, params);
        self.module.btf.add_func(name, proto, TypeLinkage::Static)
    }

    /// The type of a program's subprogram: `int NAME(void *ctx)`.
    pub(super) fn subprogram_type(&mut self, name: &str) -> TypeId {
        let (ret, ctx) = (self.int(4, true), self.void_pointer());
        let proto = self.module.btf.add_func_proto(ret, vec![Param { name: "ctx".into(), ty: ctx }]);
        self.module.btf.add_func(name, proto, TypeLinkage::Static)
    }

    /// The type of one of the kernel's functions, as the kernel declares it: loaders compare the two.
    pub(super) fn kernel_function_type(&mut self, name: &str) -> TypeId {
        let row = KERNEL_FUNCTIONS.iter().find(|row| row.0 == name);
        let (ret, takes) = row.map_or((Shape::Nothing, &[][..]), |row| (row.1, row.2));
        let ret = self.shape(ret);
        let params =
            takes.iter().map(|(name, shape)| Param { name: (*name).to_owned(), ty: self.shape(*shape) });
        let params = params.collect();
        let proto = self.module.btf.add_func_proto(ret, params);
        self.module.btf.add_func(name, proto, TypeLinkage::Extern)
    }

    fn shape(&mut self, shape: Shape) -> TypeId {
        match shape {
            Shape::Nothing => TypeId::VOID,
            Shape::Flag => self.int(1, false),
            Shape::Number => self.int(4, true),
            Shape::Task => {
                // Only the name of the structure is looked at.
                let task = self.module.btf.add_struct("task_struct", 0, Vec::new());
                self.module.btf.add_ptr(task)
            }
        }
    }

    /// The type of a function from one number to another.
    pub(super) fn number_function_type(&mut self, name: &str) -> TypeId {
        let (ret, param) = (self.int(8, false), self.int(8, true));
        let proto = self.module.btf.add_func_proto(ret, vec![Param { name: "value".into(), ty: param }]);
        self.module.btf.add_func(name, proto, TypeLinkage::Global)
    }

    /// Where the variable `name` of `.bss` is; makes it if there is none yet.
    pub(super) fn variable(&mut self, name: &str, size: u32) -> (DataKey, u32) {
        if let Some(found) = self.bss.as_ref().and_then(|bss| bss.find(name)) {
            return found;
        }
        let ty = self.plain(size);
        let mut section = self.bss.take().unwrap_or_else(|| self.section(".bss", DataKind::Bss));
        let data = &mut self.module.data[section.key];
        let offset = round_up(data.bytes.len() as u32, 8);
        data.bytes.resize((offset + size) as usize, 0);
        let linkage = Linkage::Global;
        section.add(Variable { name: name.to_owned(), offset, size, linkage }, ty);
        let key = section.key;
        self.bss = Some(section);
        (key, offset)
    }

    /// Where the variable of a parameter is; makes it if there is none yet.
    pub(super) fn parameter(&mut self, param: &crate::typed::Param, size: u32) -> (DataKey, u32) {
        if let Some(found) = self.params.as_ref().and_then(|section| section.find(&param.variable)) {
            return found;
        }
        let name = crate::check::PARAMETERS;
        let mut section = self.params.take().unwrap_or_else(|| self.section(name, DataKind::ReadOnly));
        let data = &mut self.module.data[section.key].bytes;
        let offset = round_up(data.len() as u32, 8);
        data.resize(offset as usize, 0);
        data.extend_from_slice(&param.initial);
        data.resize((offset + size) as usize, 0);
        let variable = Variable { name: param.variable.clone(), offset, size, linkage: Linkage::Global };
        section.add(variable, TypeId::VOID);
        let key = section.key;
        self.params = Some(section);
        (key, offset)
    }

    fn section(&mut self, name: &str, kind: DataKind) -> Section {
        let key = self.module.data.push(Data {
            name: name.to_owned(),
            kind,
            bytes: Vec::new(),
            type_id: TypeId::VOID,
            variables: Vec::new(),
            relocs: Vec::new(),
        });
        Section { key, variables: Vec::new(), offsets: HashMap::new() }
    }

    /// Where bytes that never change are: `size` of them, `text` and zeros after it.
    pub(super) fn constant(&mut self, text: &[u8], size: u32) -> (DataKey, u32) {
        let mut bytes = text.to_vec();
        bytes.resize(size as usize, 0);
        let section = self.rodata.take().unwrap_or_else(|| self.section(".rodata", DataKind::ReadOnly));
        let key = section.key;
        self.rodata = Some(section);
        let data = &mut self.module.data[key].bytes;
        let offset = *self.texts.entry(bytes).or_insert_with_key(|bytes| {
            let offset = round_up(data.len() as u32, 8);
            data.resize(offset as usize, 0);
            data.extend_from_slice(bytes);
            offset
        });
        (key, offset)
    }

    /// Where at least `size` zeros are.
    pub(super) fn zeros(&mut self, size: u32) -> (DataKey, u32) {
        let (offset, known) = self.zeros.unwrap_or((0, 0));
        if let (true, Some(rodata)) = (known >= size, &self.rodata) {
            return (rodata.key, offset);
        }
        let (key, offset) = self.constant(&[], size);
        self.zeros = Some((offset, size));
        (key, offset)
    }

    /// The map `name`; makes it if there is none yet.
    pub(super) fn map(&mut self, name: &str, shape: MapShape) -> MapKey {
        if let Some(&key) = self.maps.get(name) {
            return key;
        }
        let map = self.declared(name, &shape);
        let key = self.module.maps.push(map);
        self.maps.insert(name.to_owned(), key);
        key
    }

    /// A map that holds maps like `inner`; makes it if there is none of that name yet.
    pub(super) fn map_of_maps(&mut self, name: &str, shape: MapShape, inner: MapShape) -> MapKey {
        if let Some(&key) = self.maps.get(name) {
            return key;
        }
        let inner = self.declared("", &inner);
        let outer = self.declared(name, &shape);
        let key = self.module.maps.push(Map { inner: Some(Box::new(inner)), ..outer });
        self.maps.insert(name.to_owned(), key);
        key
    }

    fn declared(&mut self, name: &str, shape: &MapShape) -> Map {
        let mut number =
            |ty: Option<(u32, bool)>| ty.map_or(TypeId::VOID, |(size, signed)| self.int(size, signed));
        let (key_type, value_type) = (number(shape.key_number), number(shape.value_number));
        Map {
            name: name.to_owned(),
            decl: MapDecl::Btf,
            kind: shape.kind,
            key_size: shape.key_size,
            value_size: shape.value_size,
            max_entries: shape.max_entries,
            flags: shape.flags,
            numa_node: 0,
            extra: 0,
            pinning: Pinning::None,
            key_type,
            value_type,
            inner: None,
            slots: Vec::new(),
        }
    }

    /// Describes the data sections, and gives the module.
    pub(super) fn finish(mut self) -> Module {
        if let Some(rodata) = &mut self.rodata {
            let size = self.module.data[rodata.key].bytes.len() as u32;
            let constants =
                Variable { name: "constants".to_owned(), offset: 0, size, linkage: Linkage::Static };
            rodata.add(constants, TypeId::VOID);
        }
        for section in [self.rodata.take(), self.params.take(), self.bss.take()].into_iter().flatten() {
            self.describe(section);
        }
        self.describe_externs();
        self.module
    }

    /// Kernel symbols are variables without a size.
    fn describe_externs(&mut self) {
        let slot = |ty| VarSlot { ty, offset: 0, size: 0 };
        let kernel = self.module.externs.values().filter(|symbol| symbol.section == ".ksyms");
        let slots: Vec<VarSlot> = kernel.map(|symbol| slot(symbol.type_id)).collect();
        if !slots.is_empty() {
            self.module.btf.add_datasec(".ksyms", 0, slots);
        }
    }

    fn describe(&mut self, section: Section) {
        let mut slots = Vec::new();
        let mut variables = Vec::new();
        for (variable, ty) in section.variables {
            let ty = if ty.is_void() { self.bytes(variable.size) } else { ty };
            let linkage =
                if variable.linkage == Linkage::Static { TypeLinkage::Static } else { TypeLinkage::Global };
            let ty = self.module.btf.add_var(&variable.name, ty, linkage);
            slots.push(VarSlot { ty, offset: variable.offset, size: variable.size });
            variables.push(variable);
        }
        let (name, size) =
            (self.module.data[section.key].name.clone(), self.module.data[section.key].bytes.len() as u32);
        let type_id = self.module.btf.add_datasec(&name, size, slots);
        let data = &mut self.module.data[section.key];
        (data.type_id, data.variables) = (type_id, variables);
    }
}

/// How a map is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct MapShape {
    pub(super) kind: MapType,
    pub(super) key_size: u32,
    pub(super) value_size: u32,
    pub(super) max_entries: u32,
    /// `BPF_F_…`.
    pub(super) flags: u32,
    /// Size and signedness, where the key is one number.
    pub(super) key_number: Option<(u32, bool)>,
    /// Size and signedness, where the value is one number.
    pub(super) value_number: Option<(u32, bool)>,
}

impl MapShape {
    /// A map whose keys and values have no names.
    pub(super) const fn new(kind: MapType, key_size: u32, value_size: u32, max_entries: u32) -> Self {
        Self { kind, key_size, value_size, max_entries, flags: 0, key_number: None, value_number: None }
    }
}
