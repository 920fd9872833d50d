#!/usr/bin/env node
// Written so that old versions of Node.js can run it and say what to do.
'use strict';

const oldest = 24;

if (Number.parseInt(process.versions.node, 10) < oldest) {
  process.stderr.write(
    `alongside needs Node.js ${oldest} or newer, and this is ${process.version}: install a newer one, or run "npm install --save-dev node@${oldest}" in this project.\n`,
  );
  process.exitCode = 1;
} else {
  require('./first.cjs');
  // Keeps compiled code for the next start.
  require('node:module').enableCompileCache();
  import('../dist/alongside.js');
}
