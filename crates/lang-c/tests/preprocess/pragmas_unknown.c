#pragma weak other
#pragma clang section data="here"
#pragma GCC visibility push(hidden)
#pragma GCC visibility push(default)
#pragma GCC error "stop"
#pragma GCC warning "look"
#pragma message("said")
#pragma clang diagnostic ignored "-Wall"
#pragma nobody knows this
#pragma STDC FP_CONTRACT ON
_Pragma("redefine_extname a b")
_Pragma("GCC diagnostic push") end
---- expect
end
unit.c:1:2-19: ERROR: `#pragma weak other` is not known yet
#pragma weak other
 ~~~~~~~~~~~~~~~~~
unit.c:2:2-34: ERROR: `#pragma clang section data="here"` is not known yet
#pragma clang section data="here"
 ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
unit.c:3:2-36: ERROR: `#pragma GCC visibility push(hidden)` is not known yet
#pragma GCC visibility push(hidden)
 ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
unit.c:5:2-25: ERROR: #pragma GCC error "stop"
#pragma GCC error "stop"
 ~~~~~~~~~~~~~~~~~~~~~~~
unit.c:11:1-8: ERROR: `#pragma redefine_extname a b` is not known yet
_Pragma("redefine_extname a b")
~~~~~~~
unit.c:6:2-27: WARNING: #pragma GCC warning "look"
#pragma GCC warning "look"
 ~~~~~~~~~~~~~~~~~~~~~~~~~
unit.c:7:2-24: WARNING: #pragma message("said")
#pragma message("said")
 ~~~~~~~~~~~~~~~~~~~~~~
unit.c:9:2-26: WARNING: `#pragma nobody knows this` is not known, and means nothing here
#pragma nobody knows this
 ~~~~~~~~~~~~~~~~~~~~~~~~
