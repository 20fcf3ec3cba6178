// What `pulumi up` runs: the environment of the stack's name, with what flowyard.config.ts says.
import program = require('flowyard/program');

export = program;
