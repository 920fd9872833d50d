/** Signals of one kind that come within this many milliseconds are one: npm passes on what the terminal sends too. */
const together = 300;

let told = false;

/** Whether a signal has asked this process to end. */
export const wasToldToEnd = () => told;

/** A handler that calls through, but not again within the time in which repeats are the same keypress. */
export function onceEach(call) {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last < together) return;
    last = now;
    told = true;
    call();
  };
}

/** Makes repeats of a signal one signal for this whole process, whatever listens. */
export function mergeSignals() {
  const emit = process.emit;
  const pass = (name) =>
    onceEach(() => {
      // A `once` listener is gone after the first: without another one Node would let the repeat end the process.
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
