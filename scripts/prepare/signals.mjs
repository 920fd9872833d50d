/** Milliseconds in which signals of one kind count as one: npm repeats the terminal's signal. */
const together = 300;

/** Returns a handler that ignores repeats of the same keypress. */
export function onceEach(call) {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last < together) return;
    last = now;
    call();
  };
}

/** Merges repeated signals for this whole process and all its listeners. */
export function mergeSignals() {
  const emit = process.emit;
  const pass = (name) =>
    onceEach(() => {
      // A `once` listener is removed after the first signal: without another one, Node would let the repeat end the process.
      const hold = () => {};
      process.on(name, hold);
      setTimeout(() => process.off(name, hold), together).unref();
      emit.call(process, name, name);
    });
  const merged = { SIGINT: pass('SIGINT'), SIGTERM: pass('SIGTERM') };
  process.emit = function (name, ...rest) {
    if (!(name in merged)) return emit.call(this, name, ...rest);
    merged[name]();
    return true;
  };
}
