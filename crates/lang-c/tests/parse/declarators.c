int plain, *pointer, array[3], matrix[2][4], flexible[], none[0];
int *const *volatile p;
int *(*table[3])(char);
int (*returns_pointer(int a, ...))[5];
void (*handler)(int, char *name, const void *);
void nothing(void);
int unspecified();
int (parenthesized), (*(twice));
int with_sizes(int n, int a[n], int b[static 4], int c[const], int d[*], int e[restrict static n]);
int unnamed(int, int *, int [3], int (*)(void), int (*)[2], char *[]);
char *strings[] = { "a", "b" };
typedef int function_t(int);
function_t *use_of_it, declared_by_it;
typedef struct s *sp;
int typed(sp, sp s, int (sp), int (named));
struct s *(*deep(struct s *(*)(struct s *)))(void);
---- expect
(declare int plain pointer * array [3] matrix [2] [4] flexible [] none [0])
(declare int p *volatile *const)
(declare int table [3] * (fn (char _)) *)
(declare int returns_pointer (fn (int a) ...) * [5])
(declare void handler * (fn (int _) (char name *) (const void _ *)))
(declare void nothing (fn))
(declare int unspecified (fn ...))
(declare int parenthesized twice *)
(declare int with_sizes (fn (int n) (int a [n]) (int b [4]) (int c []) (int d []) (int e [n])))
(declare int unnamed (fn (int _) (int _ *) (int _ [3]) (int _ * (fn)) (int _ * [2]) (char _ [] *)))
(declare char strings [] * = {"a", "b"})
(declare typedef int function_t (fn (int _)))
(declare function_t use_of_it * declared_by_it)
(declare typedef (struct s) sp *)
(declare int typed (fn (sp _) (sp s) (int _ (fn (sp _))) (int named)))
(declare (struct s) deep (fn ((struct s) _ * (fn ((struct s) _ *)) *)) * (fn) *)
