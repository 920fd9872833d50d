#!/usr/bin/env node
// `npm create alongside [-- OPTIONS]` is `npx alongside init [OPTIONS]`.
'use strict';

const { dirname, join } = require('node:path');

const program = join(dirname(require.resolve('alongside/package.json')), 'bin', 'alongside.cjs');
process.argv.splice(1, 1, program, 'init');
require(program);
