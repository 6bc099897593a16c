#include "self.h"
==== self.h
#include "self.h"
#include "self.h"
---- expect

self.h:1:10-18: ERROR: Headers include one another too deeply: `self.h`
#include "self.h"
         ~~~~~~~~
HINT: `#pragma once` in a header has it read only once
