#!/usr/bin/env node
// Uses only syntax of old versions of Node.js, so that they can run it and print the remedy.
'use strict';

const oldest = 24;

if (Number.parseInt(process.versions.node, 10) < oldest) {
  const message = `alongside needs Node.js ${oldest} or newer, and this is ${process.version}: install a newer one, or run "npm install --save-dev node@${oldest}" in this project.`;
  if (process.argv.includes('--json'))
    process.stdout.write(`${JSON.stringify({ error: { code: 'failed', message } })}\n`);
  else process.stderr.write(`${message}\n`);
  process.exitCode = 1;
} else {
  require('./first.cjs');
  require('./npm.cjs');
  // Keeps compiled code for the next start.
  require('node:module').enableCompileCache();
  const program = process.argv[2] === 'identity-agent' ? 'identity-agent' : 'alongside';
  import(`../dist/${program}.js`);
}
