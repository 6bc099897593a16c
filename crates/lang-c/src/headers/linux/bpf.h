#define BPF_F_ADJ_ROOM_ENCAP_L2(length) \
    (((__u64)(length) & BPF_ADJ_ROOM_ENCAP_L2_MASK) << BPF_ADJ_ROOM_ENCAP_L2_SHIFT)

/* No type of the kernel's is made of these, so that its type information may not have them. */
enum {
    BPF_DEVCG_ACC_MKNOD = 1,
    BPF_DEVCG_ACC_READ = 2,
    BPF_DEVCG_ACC_WRITE = 4,
};
enum {
    BPF_DEVCG_DEV_BLOCK = 1,
    BPF_DEVCG_DEV_CHAR = 2,
};
struct bpf_lpm_trie_key {
    __u32 prefixlen;
    __u8 data[0];
};
