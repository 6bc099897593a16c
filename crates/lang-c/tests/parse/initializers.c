int a = 1, b = { 2 }, c[] = { 1, 2, 3, }, d[2][2] = { { 1, 2 }, { 3 } }, e[] = {};
struct s f = { .x = 1, .y.z[2] = 3, .w = { 4 } };
struct s g = { x: 1, y: { 2 } };
int h[] = { [0] = 1, [2 ... 4] = 5, [6] 7, 8 };
char i[] = "text", j[] = { "text" }, *k = "one" "two";
struct s *l = &(struct s){ .x = 1 };
struct { int a; } m = { 1 }, *n = &m;
void (*o[])(void) = { f, &g, [3] = (void *)0 };
---- expect
(declare int a = 1 b = {2} c [] = {1, 2, 3} d [2] [2] = {{1, 2}, {3}} e [] = {})
(declare (struct s) f = {.x = 1, .y.z[2] = 3, .w = {4}})
(declare (struct s) g = {.x = 1, .y = {2}})
(declare int h [] = {[0] = 1, [2 ... 4] = 5, [6] = 7, 8})
(declare char i [] = "text" j [] = {"text"} k * = "onetwo")
(declare (struct s) l * = (& (literal <(struct s)> {.x = 1})))
(declare (struct {
  (member int a)}) m = {1} n * = (& m))
(declare void o [] * (fn) = {f, (& g), [3] = (cast <void *> 0)})
