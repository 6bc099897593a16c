/* The kernel itself has times of 64 bits under other names. */
struct timespec {
    __kernel_old_time_t tv_sec;
    long tv_nsec;
};
struct timeval {
    __kernel_old_time_t tv_sec;
    __kernel_suseconds_t tv_usec;
};
