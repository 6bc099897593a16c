unsigned long long int a; long unsigned int b; int unsigned long long c;
short d; short unsigned e; signed char f; char signed g; unsigned char h; char i;
signed j; unsigned k; long l; long long m; _Bool n; __int128 o; unsigned __int128 p;
float q; double r; double long s; __signed__ t; int short u;
const int v; int const w; volatile const int x; const struct tag *const y; __const__ __volatile__ int z;
static inline int aa(void); inline static int ab(void); extern int ac; register int ad;
typedef unsigned u32; u32 ae; const u32 *af; u32 static ag;
__extension__ typedef long long ah; __extension__ ah ai;
typeof(a) aj; __typeof__(int *) ak; typeof(a + 1) al; typeof_unqual(v) am; __typeof_unqual__(const int) an;
__auto_type ao = 1; auto ap = 2; auto int aq;
__int128_t ar; __uint128_t as; __builtin_va_list at;
_Noreturn void au(void); _Alignas(8) int av; _Alignas(long) int aw;
int * restrict ax; char *__restrict ay, *__restrict__ az;
---- expect
(declare unsigned long long a)
(declare unsigned long b)
(declare unsigned long long c)
(declare short d)
(declare unsigned short e)
(declare signed char f)
(declare signed char g)
(declare unsigned char h)
(declare char i)
(declare int j)
(declare unsigned int k)
(declare long l)
(declare long long m)
(declare _Bool n)
(declare __int128 o)
(declare unsigned __int128 p)
(declare float q)
(declare double r)
(declare long double s)
(declare int t)
(declare short u)
(declare const int v)
(declare const int w)
(declare const volatile int x)
(declare const (struct tag) y *const)
(declare const volatile int z)
(declare static inline int aa (fn))
(declare static inline int ab (fn))
(declare extern int ac)
(declare int ad)
(declare typedef unsigned int u32)
(declare u32 ae)
(declare const u32 af *)
(declare static u32 ag)
(declare typedef long long ah)
(declare ah ai)
(declare (typeof a) aj)
(declare (typeof int *) ak)
(declare (typeof (+ a 1)) al)
(declare (unqualified (typeof v)) am)
(declare (unqualified (typeof const int)) an)
(declare auto ao = 1)
(declare auto ap = 2)
(declare int aq)
(declare __int128 ar)
(declare unsigned __int128 as)
(declare (typeof void *) at)
(declare void @noreturn au (fn))
(declare int @aligned(8) av)
(declare int @aligned((alignof <long>)) aw)
(declare int ax *)
(declare char ay * az *)
