'use strict';

const { readFileSync } = require('node:fs');

/** Matches a script of npm that starts this program and nothing else, such as that of npx. */
const onlyThis = /^[^&;|]*(?:^|[\s'"/])(?:alongside(?:\.mjs)?|run\.mjs)['"]?(?:\s[^&;|]*)?$/;

const read = (pid, file) => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    // It has ended, or the system is not Linux.
    return '';
  }
};

/** Returns the id of a process's parent; undefined if the system does not show it. */
const parentOf = (pid) =>
  pid === process.pid ? process.ppid : /^.*\) \w (\d+)/s.exec(read(pid, 'stat'))?.[1];

/** Returns the shells and the processes of npm through which npm started this process: ids of a child and its parent. */
function startedThrough() {
  const found = [];
  let script = process.env.npm_lifecycle_script;
  for (let pid = process.pid; onlyThis.test(script ?? ''); ) {
    const parent = parentOf(pid);
    found.push([pid, parent]);
    pid = parent;
    script = /(?:^|\0)npm_lifecycle_script=([^\0]*)/.exec(read(pid, 'environ'))?.[1];
  }
  return found;
}

/**
 * Ends this process (SIGTERM) when one through which npm started it has ended: npm passes an end signal only to its shell, and
 * SIGKILL to nobody. After a script that starts more, this process may run in the background and outlive them.
 */
function endWithNpm() {
  const family = process.platform === 'win32' ? [] : startedThrough();
  if (family.length === 0) return;
  // `serve` reloads.
  const endSignals = ['SIGINT', 'SIGTERM', ...(process.argv[2] === 'serve' ? [] : ['SIGHUP'])];
  const emit = process.emit;
  let isEnding = false;
  process.emit = function (name, ...rest) {
    if (endSignals.includes(name)) isEnding = true;
    return emit.call(this, name, ...rest);
  };
  const watch = setInterval(() => {
    if (family.every(([pid, parent]) => (parentOf(pid) ?? parent) === parent)) return;
    clearInterval(watch);
    // A second signal would end it at once.
    if (!isEnding) process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}

endWithNpm();
