void f(int x, int *y) {
	asm("");
	asm volatile("" : "+r"(x));
	__asm__ __volatile__("" ::: "memory");
	asm volatile("r0 = %0\n" "exit" : "=r"(x), [out] "=m"(*y) : "r"(1), [in]"i"(2) : "r0", "memory");
	asm volatile("" : : "r"(x));
	asm inline volatile("" : "=r"(x) :: "r1");
	asm("x":);
}
---- expect
(function void f (fn (int x) (int y *))
  {
    (asm "" : : :)
    (asm "" : "+r" x : :)
    (asm "" : : : "memory")
    (asm "r0 = %0\nexit" : "=r" x out="=m" (* y) : "r" 1 in="i" 2 : "r0" "memory")
    (asm "" : : "r" x :)
    (asm "" : "=r" x : : "r1")
    (asm "x" : : :)})
