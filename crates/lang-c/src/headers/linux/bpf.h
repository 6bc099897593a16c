#define BPF_F_ADJ_ROOM_ENCAP_L2(length) \
    (((__u64)(length) & BPF_ADJ_ROOM_ENCAP_L2_MASK) << BPF_ADJ_ROOM_ENCAP_L2_SHIFT)
