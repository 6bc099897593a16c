typedef int T;
T global;
void parameter_hides(int T) { T * 2; }
void variable_hides(void) {
	T before;
	int T = 1, other = T;
	T * other;
	{ T * 3; typedef char T; T inner; }
	T + 1;
}
void enumerator_hides(void) { enum { T }; T * 1; }
T after;
void loop_hides(void) { for (int T = 0; T < 3; T++) T * 1; T again; }
void named_as_type(struct T *T) { T->T = 1; T: goto T; }
struct T { T T; T (*U)(T); };
T (redeclared_in_parentheses);
void use(T a, T T, int b);
T last;
void hides_itself(void) { T T = sizeof(T), *p = &T; }
int f(T), g(int (T)), h(int (*T)), i(int T);
void unknown_multiplied(void) { known_nowhere * 2; }
---- expect
(declare typedef int T)
(declare T global)
(function void parameter_hides (fn (int T))
  {
    (* T 2)})
(function void variable_hides (fn)
  {
    (declare T before)
    (declare int T = 1 other = T)
    (* T other)
    {
      (* T 3)
      (declare typedef char T)
      (declare T inner)}
    (+ T 1)})
(function void enumerator_hides (fn)
  {
    (declare (enum { T }))
    (* T 1)})
(declare T after)
(function void loop_hides (fn)
  {
    (for (declare int T = 0) (< T 3) (_++ T)
      (* T 1))
    (declare T again)})
(function void named_as_type (fn ((struct T) T *))
  {
    (= (-> T T) 1)
    (label T)
    (goto T)})
(declare (struct T {
  (member T T)
  (member T U * (fn (T _)))}))
(declare T redeclared_in_parentheses)
(declare void use (fn (T a) (T T) (int b)))
(declare T last)
(function void hides_itself (fn)
  {
    (declare T T = (sizeof T) p * = (& T))})
(declare int f (fn (T _)) g (fn (int _ (fn (T _)))) h (fn (int T *)) i (fn (int T)))
(function void unknown_multiplied (fn)
  {
    (* known_nowhere 2)})
