typedef int t;
void f(int a, int b, int c, struct s *p, t *q) {
	a + b * c - a / b % c;
	a << 1 + b >> 2;
	a < b == c > a, a <= b != c >= a;
	a & b ^ c | a && b || c;
	a = b = c, a += b -= c;
	a *= 1, a /= 1, a %= 1, a <<= 1, a >>= 1, a &= 1, a ^= 1, a |= 1;
	a ? b : c ? a : b;
	a ?: b;
	a ? b, c : a;
	-a + +b + ~c + !a;
	*p, &a, - -a, &*p, **q, !!a;
	++a, --a, a++, a--, ++*q, *q++, (*q)++;
	p->x.y[1][2]->z(1, 2)(), p->x++->y;
	(t)a, (t *)p, (struct s *)p, (unsigned char)a + 1, (t)-a, (t)(a)(b);
	(a), ((a + b)) * c, (a)(b), (a)-b;
	sizeof a, sizeof(a), sizeof(t), sizeof (t *), sizeof(a)[0], sizeof(t[3]), sizeof -a, sizeof(struct s { int x; });
	_Alignof(t), __alignof__(a), __alignof a;
	(struct s){ 1, .x = 2 }, (t[]){ 1, 2 }[0], &(t){ 1 }, sizeof(t){ 1 }, sizeof((t){ 1 });
	({ int x = 1; x; }), ({ ; }), ({ a; })->x;
	_Generic(a, int: 1, t *: 2, default: 3);
	__builtin_offsetof(struct s, x.y[1].z);
	__builtin_types_compatible_p(t, typeof(a));
	__builtin_choose_expr(1, a, b);
	__extension__ (a), __extension__ ({ a; });
	__func__, __FUNCTION__, __PRETTY_FUNCTION__;
	bpf_printk("%d" " %s\n", a, __func__);
	(int (*)(void))p, (void (*)(int, char))0, ((int (*)(void))p)();
	*(volatile t *)q = *(const t *)p;
}
---- expect
(declare typedef int t)
(function void f (fn (int a) (int b) (int c) ((struct s) p *) (t q *))
  {
    (- (+ a (* b c)) (% (/ a b) c))
    (>> (<< a (+ 1 b)) 2)
    (, (== (< a b) (> c a)) (!= (<= a b) (>= c a)))
    (|| (&& (| (^ (& a b) c) a) b) c)
    (, (= a (= b c)) (+= a (-= b c)))
    (, (, (, (, (, (, (, (*= a 1) (/= a 1)) (%= a 1)) (<<= a 1)) (>>= a 1)) (&= a 1)) (^= a 1)) (|= a 1))
    (? a b (? c a b))
    (?: a b)
    (? a (, b c) a)
    (+ (+ (+ (- a) (+ b)) (~ c)) (! a))
    (, (, (, (, (, (* p) (& a)) (- (- a))) (& (* p))) (* (* q))) (! (! a)))
    (, (, (, (, (, (, (++_ a) (--_ a)) (_++ a)) (_-- a)) (++_ (* q))) (* (_++ q))) (_++ (* q)))
    (, (call (call (-> ([] ([] (. (-> p x) y) 1) 2) z) 1 2)) (-> (_++ (-> p x)) y))
    (, (, (, (, (, (cast <t> a) (cast <t *> p)) (cast <(struct s) *> p)) (+ (cast <unsigned char> a) 1)) (cast <t> (- a))) (cast <t> (call a b)))
    (, (, (, a (* (+ a b) c)) (call a b)) (- a b))
    (, (, (, (, (, (, (, (sizeof a) (sizeof a)) (sizeof <t>)) (sizeof <t *>)) (sizeof ([] a 0))) (sizeof <t [3]>)) (sizeof (- a))) (sizeof <(struct s {
      (member int x)})>))
    (, (, (alignof <t>) (alignof a)) (alignof a))
    (, (, (, (, (literal <(struct s)> {1, .x = 2}) ([] (literal <t []> {1, 2}) 0)) (& (literal <t> {1}))) (sizeof (literal <t> {1}))) (sizeof (literal <t> {1})))
    (, (, ({
      (declare int x = 1)
      x}) ({
      ()})) (-> ({
      a}) x))
    (generic a <int> 1 <t *> 2 default 3)
    (offsetof <(struct s)> .x.y[1].z)
    (compatible <t> <(typeof a)>)
    (choose 1 a b)
    (, a ({
      a}))
    (, (, "f" "f") "f")
    (call bpf_printk "%d %s\n" a "f")
    (, (, (cast <int * (fn)> p) (cast <void * (fn (int _) (char _))> 0)) (call (cast <int * (fn)> p)))
    (= (* (cast <volatile t *> q)) (* (cast <const t *> p)))})
