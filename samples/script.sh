#!/bin/sh
# The kernel reads "#!" and starts /bin/sh with this file as its argument.
echo "run by $0 with $# arguments"
for word in "$@"; do echo "argument: $word"; done
