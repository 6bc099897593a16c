//! What `BPF_OBJ_GET_INFO_BY_FD` fills, as Linux 6.18 has it. Pointers go in, lengths come out.
use crate::attr::attributes;

attributes! {
    /// What the kernel tells of a program.
    ProgInfo = "struct bpf_prog_info" {
        r#type: u32, id: u32, tag: [u8; 8], jited_prog_len: u32, xlated_prog_len: u32, jited_prog_insns: u64,
        xlated_prog_insns: u64, load_time: u64, created_by_uid: u32, nr_map_ids: u32, map_ids: u64, name: [u8; 16],
        ifindex: u32, flags: u32, netns_dev: u64, netns_ino: u64, nr_jited_ksyms: u32, nr_jited_func_lens: u32,
        jited_ksyms: u64, jited_func_lens: u64, btf_id: u32, func_info_rec_size: u32, func_info: u64, nr_func_info: u32,
        nr_line_info: u32, line_info: u64, jited_line_info: u64, nr_jited_line_info: u32, line_info_rec_size: u32,
        jited_line_info_rec_size: u32, nr_prog_tags: u32, prog_tags: u64, run_time_ns: u64, run_cnt: u64,
        recursion_misses: u64, verified_insns: u32, attach_btf_obj_id: u32, attach_btf_id: u32, pad: u32,
    }

    /// What the kernel tells of a map.
    MapInfo = "struct bpf_map_info" {
        r#type: u32, id: u32, key_size: u32, value_size: u32, max_entries: u32, map_flags: u32, name: [u8; 16],
        ifindex: u32, btf_vmlinux_value_type_id: u32, netns_dev: u64, netns_ino: u64, btf_id: u32, btf_key_type_id: u32,
        btf_value_type_id: u32, btf_vmlinux_id: u32, map_extra: u64, hash: u64, hash_size: u32, pad: u32,
    }

    /// What the kernel tells of BTF.
    BtfInfo = "struct bpf_btf_info" { btf: u64, btf_size: u32, id: u32, name: u64, name_len: u32, kernel_btf: u32, }

    /// What the kernel tells of a token.
    TokenInfo = "struct bpf_token_info" { allowed_cmds: u64, allowed_maps: u64, allowed_progs: u64, allowed_attachs: u64, }

    /// What the kernel tells of every link.
    LinkInfoCommon = "struct bpf_link_info" { r#type: u32, id: u32, prog_id: u32, pad: u32, }

    /// A link at a raw tracepoint.
    RawTracepointLinkInfo = "struct bpf_link_info raw_tracepoint" { tp_name: u64, tp_name_len: u32, pad: u32, cookie: u64, }

    /// A link of a tracing program.
    TracingLinkInfo = "struct bpf_link_info tracing" {
        attach_type: u32, target_obj_id: u32, target_btf_id: u32, pad: u32, cookie: u64,
    }

    /// A link at a cgroup.
    CgroupLinkInfo = "struct bpf_link_info cgroup" { cgroup_id: u64, attach_type: u32, pad: u32, }

    /// A link of an iterator; `cgroup_id` holds the thread in its low half and the process in its high half for tasks.
    IterLinkInfo = "struct bpf_link_info iter" {
        target_name: u64, target_name_len: u32, map_id @ "map.map_id": u32, cgroup_id @ "cgroup.cgroup_id": u64,
        order @ "cgroup.order": u32, pad: u32,
    }

    /// A link at a network namespace.
    NetnsLinkInfo = "struct bpf_link_info netns" { netns_ino: u32, attach_type: u32, }

    /// A link at an interface: XDP leaves `attach_type` zero, tcx and netkit have the attach type there.
    InterfaceLinkInfo = "struct bpf_link_info tcx" { ifindex: u32, attach_type: u32, }

    /// A link of a map: struct_ops leaves `attach_type` zero.
    MapLinkInfo = "struct bpf_link_info sockmap" { map_id: u32, attach_type: u32, }

    /// A link at a netfilter hook.
    NetfilterLinkInfo = "struct bpf_link_info netfilter" { pf: u32, hooknum: u32, priority: i32, flags: u32, }

    /// A link at many kernel functions.
    KprobeMultiLinkInfo = "struct bpf_link_info kprobe_multi" {
        addrs: u64, count: u32, flags: u32, missed: u64, cookies: u64,
    }

    /// A link at many places of one file.
    UprobeMultiLinkInfo = "struct bpf_link_info uprobe_multi" {
        path: u64, offsets: u64, ref_ctr_offsets: u64, cookies: u64, path_size: u32, count: u32, flags: u32, pid: u32,
    }

    /// A link at a perf event; `type` says which of the following comes after.
    PerfLinkInfo = "struct bpf_link_info perf_event" { r#type: u32, pad: u32, }

    /// A uprobe.
    PerfUprobeInfo = "struct bpf_link_info perf_event.uprobe" {
        file_name: u64, name_len: u32, offset: u32, cookie: u64, ref_ctr_offset: u64,
    }

    /// A kprobe.
    PerfKprobeInfo = "struct bpf_link_info perf_event.kprobe" {
        func_name: u64, name_len: u32, offset: u32, addr: u64, missed: u64, cookie: u64,
    }

    /// A tracepoint.
    PerfTracepointInfo = "struct bpf_link_info perf_event.tracepoint" { tp_name: u64, name_len: u32, pad: u32, cookie: u64, }

    /// Any other event.
    PerfOtherInfo = "struct bpf_link_info perf_event.event" { config: u64, r#type: u32, pad: u32, cookie: u64, }
}

/// What the kernel tells of a link at a perf event, with what is particular to its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct PerfLinkInfoWith<T> {
    /// What every such link has.
    pub common: PerfLinkInfo,
    /// What this kind has.
    pub more: T,
}

/// What the kernel tells of a link, with what is particular to its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct LinkInfo<T> {
    /// What every link has.
    pub common: LinkInfoCommon,
    /// What this kind has.
    pub more: T,
}
