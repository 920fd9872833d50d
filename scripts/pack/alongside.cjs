#!/usr/bin/env node
// Uses only syntax of old versions of Node.js, so that they can run it and print the remedy.
'use strict';

const oldest = 24;

/** Matches a script of npm that starts this program and nothing else, such as that of npx. */
const onlyThis = /^[^&;|]*(?:^|[\s'"/])alongside['"]?(?:\s[^&;|]*)?$/;

/**
 * Ends this process (SIGTERM) when the shell in which npm started it has ended: npm passes an end signal to that shell only. After a
 * script that starts more, this process may run in the background and outlive its shell.
 */
function endWithNpm() {
  if (process.platform === 'win32' || !onlyThis.test(process.env.npm_lifecycle_script || '')) return;
  const parent = process.ppid;
  const emit = process.emit;
  let isEnding = false;
  process.emit = function (name, ...rest) {
    if (name === 'SIGINT' || name === 'SIGTERM') isEnding = true;
    return emit.call(this, name, ...rest);
  };
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    // A second signal would end it at once.
    if (!isEnding) process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}

if (Number.parseInt(process.versions.node, 10) < oldest) {
  const message = `alongside needs Node.js ${oldest} or newer, and this is ${process.version}: install a newer one, or run "npm install --save-dev node@${oldest}" in this project.`;
  if (process.argv.includes('--json'))
    process.stdout.write(`${JSON.stringify({ error: { code: 'failed', message } })}\n`);
  else process.stderr.write(`${message}\n`);
  process.exitCode = 1;
} else {
  require('./first.cjs');
  endWithNpm();
  // Keeps compiled code for the next start.
  require('node:module').enableCompileCache();
  const program = process.argv[2] === 'identity-agent' ? 'identity-agent' : 'alongside';
  import(`../dist/${program}.js`);
}
