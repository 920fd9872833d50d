import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../pack/emit.mjs';
import { inClone } from '../prepare/clone.mjs';
import { whileSaying } from '../prepare/say.mjs';

/** Always the same folder, so that V8's compile cache has its files in the next run. */
const folder = inClone('.node', 'program');

/**
 * Bundles the program for the child processes of a run and resolves with the variable that names it. Half of the processor time of a
 * start from the sources is finding and loading its modules.
 */
export async function bundleProgram(node) {
  rmSync(folder, { recursive: true, force: true });
  await whileSaying('bundling the program for the tests', () => bundle(node, folder, 'package'));
  return { ALONGSIDE_TEST_PROGRAM: join(folder, 'dist', 'alongside.js') };
}
