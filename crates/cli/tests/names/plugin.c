int plugin(int (*call)(int)) { return call(1) + 1; }
