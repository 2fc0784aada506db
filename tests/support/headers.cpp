// Nothing: here the headers that all Qt tests include are compiled once, for CMake's REUSE_FROM.
