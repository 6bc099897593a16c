//! What `bpf(2)` and `perf_event_open(2)` read: one structure per command of `union bpf_attr`, as Linux 6.18 has it.
//!
//! A kernel that knows fewer fields accepts the longer structure as long as what it does not know is zero. All padding is
//! spelled out, so that every byte the kernel reads has a value.

/// One field of an attribute structure: its name, its offset and its size in bytes.
pub type Field = (&'static str, usize, usize);

/// Declares structures that the kernel reads or fills, with the place of each field for the layout test.
macro_rules! attributes {
    ($($(#[$meta:meta])* $name:ident = $kernel:literal { $($field:ident $(@ $path:literal)?: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[repr(C)]
        #[expect(missing_docs, reason = "the fields are the kernel's own")]
        pub struct $name { $(pub $field: $type,)* }

        impl $name {
            /// Where the kernel has it: the type, and for a member of a union the path to it.
            pub const KERNEL: &str = $kernel;
            /// Its fields.
            pub const FIELDS: &[crate::attr::Field] = &[
                $((crate::attr::kernel_path!($field $($path)?), std::mem::offset_of!($name, $field), size_of::<$type>()),)*
            ];
        }
    )*};
}
pub(crate) use attributes;

/// The kernel's path to a field: its name, unless another is given.
macro_rules! kernel_path {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $path:literal) => {
        $path
    };
}
pub(crate) use kernel_path;

attributes! {
    /// `BPF_MAP_CREATE`.
    MapCreateAttr = "union bpf_attr" {
        map_type: u32, key_size: u32, value_size: u32, max_entries: u32, map_flags: u32, inner_map_fd: u32, numa_node: u32,
        map_name: [u8; 16], map_ifindex: u32, btf_fd: u32, btf_key_type_id: u32, btf_value_type_id: u32,
        btf_vmlinux_value_type_id: u32, map_extra: u64, value_type_btf_obj_fd: i32, map_token_fd: i32,
        excl_prog_hash: u64, excl_prog_hash_size: u32, pad: u32,
    }

    /// `BPF_MAP_LOOKUP_ELEM` and the other commands on one element; `value` is `next_key` for `BPF_MAP_GET_NEXT_KEY`.
    MapElemAttr = "union bpf_attr" { map_fd: u32, pad: u32, key: u64, value: u64, flags: u64, }

    /// `BPF_MAP_*_BATCH`.
    MapBatchAttr = "union bpf_attr batch" {
        in_batch: u64, out_batch: u64, keys: u64, values: u64, count: u32, map_fd: u32, elem_flags: u64, flags: u64,
    }

    /// `BPF_PROG_LOAD`; `attach_prog_fd` is `attach_btf_obj_fd` where the target is the kernel or a module.
    ProgLoadAttr = "union bpf_attr" {
        prog_type: u32, insn_cnt: u32, insns: u64, license: u64, log_level: u32, log_size: u32, log_buf: u64,
        kern_version: u32, prog_flags: u32, prog_name: [u8; 16], prog_ifindex: u32, expected_attach_type: u32,
        prog_btf_fd: u32, func_info_rec_size: u32, func_info: u64, func_info_cnt: u32, line_info_rec_size: u32,
        line_info: u64, line_info_cnt: u32, attach_btf_id: u32, attach_prog_fd: u32, core_relo_cnt: u32, fd_array: u64,
        core_relos: u64, core_relo_rec_size: u32, log_true_size: u32, prog_token_fd: i32, fd_array_cnt: u32,
        signature: u64, signature_size: u32, keyring_id: i32,
    }

    /// `BPF_OBJ_PIN` and `BPF_OBJ_GET`.
    ObjAttr = "union bpf_attr" { pathname: u64, bpf_fd: u32, file_flags: u32, path_fd: i32, pad: u32, }

    /// `BPF_PROG_ATTACH` and `BPF_PROG_DETACH`; `target_fd` may be an interface, `relative_fd` an id.
    ProgAttachAttr = "union bpf_attr" {
        target_fd: u32, attach_bpf_fd: u32, attach_type: u32, attach_flags: u32, replace_bpf_fd: u32, relative_fd: u32,
        expected_revision: u64,
    }

    /// `BPF_PROG_TEST_RUN`.
    TestRunAttr = "union bpf_attr test" {
        prog_fd: u32, retval: u32, data_size_in: u32, data_size_out: u32, data_in: u64, data_out: u64, repeat: u32,
        duration: u32, ctx_size_in: u32, ctx_size_out: u32, ctx_in: u64, ctx_out: u64, flags: u32, cpu: u32,
        batch_size: u32, pad: u32,
    }

    /// `BPF_*_GET_NEXT_ID` and `BPF_*_GET_FD_BY_ID`.
    IdAttr = "union bpf_attr" { start_id: u32, next_id: u32, open_flags: u32, fd_by_id_token_fd: i32, }

    /// `BPF_OBJ_GET_INFO_BY_FD`.
    InfoAttr = "union bpf_attr info" { bpf_fd: u32, info_len: u32, info: u64, }

    /// `BPF_PROG_QUERY`.
    QueryAttr = "union bpf_attr query" {
        target_fd: u32, attach_type: u32, query_flags: u32, attach_flags: u32, prog_ids: u64, count: u32, pad: u32,
        prog_attach_flags: u64, link_ids: u64, link_attach_flags: u64, revision: u64,
    }

    /// `BPF_RAW_TRACEPOINT_OPEN`.
    RawTracepointAttr = "union bpf_attr raw_tracepoint" { name: u64, prog_fd: u32, pad: u32, cookie: u64, }

    /// `BPF_BTF_LOAD`.
    BtfLoadAttr = "union bpf_attr" {
        btf: u64, btf_log_buf: u64, btf_size: u32, btf_log_size: u32, btf_log_level: u32, btf_log_true_size: u32,
        btf_flags: u32, btf_token_fd: i32,
    }

    /// `BPF_TASK_FD_QUERY`.
    TaskFdQueryAttr = "union bpf_attr task_fd_query" {
        pid: u32, fd: u32, flags: u32, buf_len: u32, buf: u64, prog_id: u32, fd_type: u32, probe_offset: u64, probe_addr: u64,
    }

    /// `BPF_LINK_CREATE` with nothing that is particular to the kind of link.
    LinkCreateAttr = "union bpf_attr link_create" { prog_fd: u32, target_fd: u32, attach_type: u32, flags: u32, }

    /// `BPF_LINK_CREATE` at a perf event.
    LinkPerfEventAttr = "union bpf_attr link_create.perf_event" { bpf_cookie: u64, }

    /// `BPF_LINK_CREATE` at many kernel functions.
    LinkKprobeMultiAttr = "union bpf_attr link_create.kprobe_multi" {
        flags: u32, cnt: u32, syms: u64, addrs: u64, cookies: u64,
    }

    /// `BPF_LINK_CREATE` at many places of one file.
    LinkUprobeMultiAttr = "union bpf_attr link_create.uprobe_multi" {
        path: u64, offsets: u64, ref_ctr_offsets: u64, cookies: u64, cnt: u32, flags: u32, pid: u32, pad: u32,
    }

    /// `BPF_LINK_CREATE` of a tracing program.
    LinkTracingAttr = "union bpf_attr link_create.tracing" { target_btf_id: u32, pad: u32, cookie: u64, }

    /// `BPF_LINK_CREATE` of an iterator.
    LinkIterAttr = "union bpf_attr link_create" { iter_info: u64, iter_info_len: u32, pad: u32, }

    /// `BPF_LINK_CREATE` of a netfilter program.
    LinkNetfilterAttr = "union bpf_attr link_create.netfilter" { pf: u32, hooknum: u32, priority: i32, flags: u32, }

    /// `BPF_LINK_CREATE` in an ordered list: tcx, netkit and (since 6.17) cgroups.
    LinkOrderedAttr = "union bpf_attr link_create.tcx" { relative_fd: u32, pad: u32, expected_revision: u64, }

    /// `BPF_LINK_UPDATE`; the programs are maps for struct_ops.
    LinkUpdateAttr = "union bpf_attr link_update" { link_fd: u32, new_prog_fd: u32, flags: u32, old_prog_fd: u32, }

    /// `BPF_LINK_DETACH`.
    LinkDetachAttr = "union bpf_attr link_detach" { link_fd: u32, }

    /// `BPF_ENABLE_STATS`.
    EnableStatsAttr = "union bpf_attr enable_stats" { r#type: u32, }

    /// `BPF_ITER_CREATE`.
    IterCreateAttr = "union bpf_attr iter_create" { link_fd: u32, flags: u32, }

    /// `BPF_PROG_BIND_MAP`.
    ProgBindMapAttr = "union bpf_attr prog_bind_map" { prog_fd: u32, map_fd: u32, flags: u32, }

    /// `BPF_TOKEN_CREATE`.
    TokenCreateAttr = "union bpf_attr token_create" { flags: u32, bpffs_fd: u32, }

    /// `BPF_PROG_STREAM_READ_BY_FD`.
    ProgStreamReadAttr = "union bpf_attr prog_stream_read" {
        stream_buf: u64, stream_buf_len: u32, stream_id: u32, prog_fd: u32, pad: u32,
    }

    /// What to count or sample; `perf_event_open(2)`. `flags` holds the kernel's bit fields, see [`crate::perf::attr_flags`];
    /// `config1` is also `kprobe_func`, `uprobe_path` and `bp_addr`, `config2` also `kprobe_addr`, `probe_offset` and `bp_len`.
    PerfEventAttr = "struct perf_event_attr" {
        r#type: u32, size: u32, config: u64, sample_period: u64, sample_type: u64, read_format: u64, flags: u64,
        wakeup_events: u32, bp_type: u32, config1: u64, config2: u64, branch_sample_type: u64, sample_regs_user: u64,
        sample_stack_user: u32, clockid: i32, sample_regs_intr: u64, aux_watermark: u32, sample_max_stack: u16,
        pad_2: u16, aux_sample_size: u32, aux_action: u32, sig_data: u64, config3: u64,
    }
}

/// `BPF_LINK_CREATE` with what is particular to its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct LinkCreateWith<T> {
    /// What every link has.
    pub common: LinkCreateAttr,
    /// What this kind has.
    pub more: T,
}
