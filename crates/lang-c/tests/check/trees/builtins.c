// What the compiler does itself.
struct s { long a[4]; };
int *memset(int *, int, unsigned long);
int done(struct s *s, struct s *t, unsigned short h, unsigned n, unsigned long l, int *at, long *wide, char **slot) {
  __builtin_memset(s, 0, sizeof(*s)); memset(at, 1, 4); __builtin_memcpy(s, t, 32); __builtin_memmove(s, t, n);
  int r = __builtin_memcmp(s, t, 8) + __builtin_bswap16(h) + __builtin_bswap32(n) + __builtin_bswap64(l);
  if (__builtin_expect(!!n, 0)) r = __builtin_constant_p(n) + 2 * __builtin_constant_p(3 + 4);
  __sync_fetch_and_add(at, 1); r += __sync_add_and_fetch(wide, n); r += __sync_lock_test_and_set(at, 3);
  r += __sync_val_compare_and_swap(wide, 1, 2) + __sync_bool_compare_and_swap(at, 1, 2);
  r += __atomic_fetch_or(at, 1, 5) + __atomic_load_n(at, 0); __atomic_store_n(wide, 4, 0);
  long old = 1; r += __atomic_compare_exchange_n(wide, &old, 2, 0, 5, 5) + __atomic_exchange_n(at, 1, 0);
  asm volatile("" : "+r"(r)); asm volatile("" ::: "memory"); asm volatile("" : "=r"(r) : "0"(n));
  __sync_synchronize();
  r += __builtin_types_compatible_p(int, const int) + __builtin_types_compatible_p(int, unsigned);
  r += __builtin_choose_expr(1, n, "x") + _Generic(l, int: 1, unsigned long: 2, default: 3) + __builtin_strcmp("<", "=");
  return r + __builtin_bswap32(0x12345678);
}
---- expect
global done: int (struct s *, struct s *, unsigned short, unsigned int, unsigned long, int *, long *, char **)
  l0 s: struct s *
  l1 t: struct s *
  l2 h: unsigned short
  l3 n: unsigned int
  l4 l: unsigned long
  l5 at: int *
  l6 wide: long *
  l7 slot: char **
  l8 r: int
  l9 -: long
  l10 -: int
  l11 old: long
  l12 -: long *
  l13 -: long
  l14 -: long
  fill(s.l0, 0:int, 32:unsigned long)
  fill(at.l5, 1:int, 4:unsigned long)
  copy(s.l0, t.l1, 32:unsigned long)
  move(s.l0, t.l1, (unsigned long)n.l3)
  begin r.l8 r.l8 = (int)((unsigned long)((unsigned int)(compare(s.l0, t.l1, 8:unsigned long) + (int)swap16(h.l2)) + swap32(n.l3)) + swap64(l.l4))
  if (long)!!n.l3
    r.l8 = 2:int
  atomic_add(at.l5, 1:int)
  r.l8 += { begin l9 l9 = (long)n.l3 => (atomic_add(wide.l6, l9) + l9) } in long
  r.l8 += atomic_exchange(at.l5, 3:int) in int
  r.l8 += (compare_exchange(wide.l6, 1:long, 2:long) + (long)(int){ begin l10 l10 = 1:int => (_Bool)(compare_exchange(at.l5, l10, 2:int) == l10) }) in long
  r.l8 += (atomic_or(at.l5, 1:int) + *at.l5) in int
  (void)*wide.l6 = 4:long
  begin old.l11 old.l11 = 1:long
  r.l8 += ((int){ begin l12 l12 = &old.l11; begin l13 l13 = *l12; begin l14 l14 = compare_exchange(wide.l6, l13, 2:long); *l12 = l14 => (_Bool)(l14 == l13) } + atomic_exchange(at.l5, 1:int)) in int
  opaque r.l8
  barrier
  r.l8 = (int)n.l3
  opaque r.l8
  { barrier }
  r.l8 += 1:int in int
  r.l8 += ((n.l3 + 2:unsigned int) + 4294967295:unsigned int) in unsigned int
  return (int)((unsigned int)r.l8 + 2018915346:unsigned int)
