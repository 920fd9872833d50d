import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this clone, independent of the working directory. */
export const clone = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Returns a path inside the clone. */
export const inClone = (...parts) => join(clone, ...parts);

/** The folder of V8's compile cache, which makes later starts quicker. */
export const compileCache = inClone('.node', 'cache');
