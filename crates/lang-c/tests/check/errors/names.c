int counter; struct point { int across; struct { int down; }; };
struct later; enum color { RED };
int f(struct point *p, struct later *l, struct point v) {
  cuonter = 1; unknown(1); p->acros = 1; p->dwon = 2; v->across = 1; p.across = 1; l->x = 1; counter.x = 1; counter->x = 1;
  int color = struct_that(1); unknown(2); goto nowhere; point x; struct nothing n; return REDD;
}
---- expect
unit.c:4:3-10: ERROR: there is no variable, function or constant `cuonter`
  cuonter = 1; unknown(1); p->acros = 1; p->dwon = 2; v->across = 1; p.across = 1; l->x = 1; counter.x = 1; counter->x = 1;
  ~~~~~~~
HINT: did you mean `counter`?
unit.c:4:16-23: ERROR: there is no variable, function or constant `unknown`
  cuonter = 1; unknown(1); p->acros = 1; p->dwon = 2; v->across = 1; p.across = 1; l->x = 1; counter.x = 1; counter->x = 1;
               ~~~~~~~
unit.c:4:31-36: ERROR: `struct point` has no member `acros`
  cuonter = 1; unknown(1); p->acros = 1; p->dwon = 2; v->across = 1; p.across = 1; l->x = 1; counter.x = 1; counter->x = 1;
                              ~~~~~
HINT: did you mean `across`?
unit.c:4:45-49: ERROR: `struct point` has no member `dwon`
  cuonter = 1; unknown(1); p->acros = 1; p->dwon = 2; v->across = 1; p.across = 1; l->x = 1; counter.x = 1; counter->x = 1;
                                            ~~~~
HINT: did you mean `down`?
unit.c:4:58-64: ERROR: `struct point` has no members, and so no `across`
  cuonter = 1; unknown(1); p->acros = 1; p->dwon = 2; v->across = 1; p.across = 1; l->x = 1; counter.x = 1; counter->x = 1;
                                                         ~~~~~~
HINT: it is no pointer: write `.across`
unit.c:4:72-78: ERROR: `struct point *` has no members, and so no `across`
  cuonter = 1; unknown(1); p->acros = 1; p->dwon = 2; v->across = 1; p.across = 1; l->x = 1; counter.x = 1; counter->x = 1;
                                                                       ~~~~~~
HINT: it is a pointer: write `->across`
unit.c:4:87-88: ERROR: `struct later` is only declared here: its members are not known
  cuonter = 1; unknown(1); p->acros = 1; p->dwon = 2; v->across = 1; p.across = 1; l->x = 1; counter.x = 1; counter->x = 1;
                                                                                      ~
unit.c:2:8-13: ERROR: declared here
struct later; enum color { RED };
       ~~~~~
unit.c:4:102-103: ERROR: `int` has no members, and so no `x`
  cuonter = 1; unknown(1); p->acros = 1; p->dwon = 2; v->across = 1; p.across = 1; l->x = 1; counter.x = 1; counter->x = 1;
                                                                                                     ~
unit.c:4:118-119: ERROR: `int` has no members, and so no `x`
  cuonter = 1; unknown(1); p->acros = 1; p->dwon = 2; v->across = 1; p.across = 1; l->x = 1; counter.x = 1; counter->x = 1;
                                                                                                                     ~
unit.c:5:15-26: ERROR: there is no variable, function or constant `struct_that`
  int color = struct_that(1); unknown(2); goto nowhere; point x; struct nothing n; return REDD;
              ~~~~~~~~~~~
unit.c:5:48-55: ERROR: there is no label `nowhere` in this function
  int color = struct_that(1); unknown(2); goto nowhere; point x; struct nothing n; return REDD;
                                               ~~~~~~~
unit.c:5:57-62: ERROR: unknown type name `point`
  int color = struct_that(1); unknown(2); goto nowhere; point x; struct nothing n; return REDD;
                                                        ~~~~~
HINT: write `struct point`
unit.c:5:57-62: ERROR: there is no type `point`
  int color = struct_that(1); unknown(2); goto nowhere; point x; struct nothing n; return REDD;
                                                        ~~~~~
unit.c:5:81-82: ERROR: `struct nothing` is only declared here: its members are not known
  int color = struct_that(1); unknown(2); goto nowhere; point x; struct nothing n; return REDD;
                                                                                ~
unit.c:5:91-95: ERROR: there is no variable, function or constant `REDD`
  int color = struct_that(1); unknown(2); goto nowhere; point x; struct nothing n; return REDD;
                                                                                          ~~~~
HINT: did you mean `RED`?
