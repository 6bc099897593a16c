__LINE__ __FILE__ __FILE_NAME__
#define line __LINE__
#define both(x) x line
line both(
line
)
#line 100
__LINE__ __FILE__
#line 200 "/some/name.c"
__LINE__ __FILE__ __FILE_NAME__ __BASE_FILE__
# 300 "third.c" 3
__LINE__ __FILE__
__COUNTER__ __COUNTER__ both(__COUNTER__)
__DATE__ __TIME__ __TIMESTAMP__
---- expect
1 "unit.c" "unit.c"
4 5 6
100 "unit.c"
200 "/some/name.c" "name.c" "unit.c"
300 "third.c"
0 1 2 301
"Jan  1 1970" "00:00:00" "Thu Jan  1 00:00:00 1970"
