// Runs before the server of the package, of the single executable and of a clone is loaded.
'use strict';

const silenced = ['ExperimentalWarning', 'DeprecationWarning'];

/** Hides warnings about Node.js itself, on which users cannot act. */
function silenceWarnings() {
  const listeners = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (silenced.includes(warning.name)) return;
    for (const listener of listeners) listener.call(process, warning);
  });
}

/**
 * Lets an end signal end process 1 until a command handles it. Linux ignores signals to the first process of a container that has
 * no handler for them, so a stop in the first second would wait for its time limit.
 */
function obeySignals() {
  if (process.pid !== 1) return;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])
    process.once(signal, () => {
      if (process.listenerCount(signal) === 0) process.exit(code);
    });
}

obeySignals();
silenceWarnings();
