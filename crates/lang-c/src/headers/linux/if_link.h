/* A kernel without such devices does not tell of these. */
enum netkit_action {
    NETKIT_NEXT = -1,
    NETKIT_PASS = 0,
    NETKIT_DROP = 2,
    NETKIT_REDIRECT = 7,
};
