/** The functions that end what is shared, which the runner calls after the last test of a process. */
const ends = (globalThis as { [key: symbol]: (() => Promise<void>)[] | undefined })[
  Symbol.for('alongside.test-group')
];

/** A part of a test's environment that is dear to start, and the function that ends it. */
interface Started<T> {
  part: T;
  end(): Promise<void>;
}

const parts = new Map<string, Promise<Started<unknown>>>();

/**
 * Returns a part that the test files of a group share, and starts it for the first one. A test file that runs without the
 * runner has its own and ends it.
 */
export async function share<T>(name: string, start: () => Promise<Started<T>>): Promise<Started<T>> {
  if (ends === undefined) return start();
  let started = parts.get(name) as Promise<Started<T>> | undefined;
  if (started === undefined) {
    started = start();
    parts.set(name, started);
    const { end } = await started;
    ends.push(end);
  }
  return { part: (await started).part, end: async () => undefined };
}
