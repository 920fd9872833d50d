import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../examples/java', name), 'utf8');

/** The test kit for Java and its first test, by their paths. The packages replace this file by one with the texts (`scripts/pack/bundle.mjs`). */
export const javaFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['src/test/java/alongside/SignInTest.java', read('SignInTest.java')],
    ['src/test/java/alongside/testing/AlongsideInstance.java', read('AlongsideInstance.java')],
  ]);
