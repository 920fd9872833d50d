import { generateKeyPair } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { inClone } from '../prepare/clone.mjs';
import { renameSafely } from '../prepare/rename.mjs';

/** Private RSA keys for tests, as PEM. Only tests read them. */
export const keyPool = inClone('.node', 'test-keys.json');

/** Most test files take fewer. */
const size = 24;

/** Creates the pool once in a clone, which takes about two seconds. */
export async function prepareKeyPool() {
  if (existsSync(keyPool)) return;
  const make = async () => {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    return privateKey.export({ type: 'pkcs8', format: 'pem' });
  };
  const keys = await Promise.all(Array.from({ length: size }, make));
  mkdirSync(dirname(keyPool), { recursive: true });
  const draft = `${keyPool}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(keys), { mode: 0o600 });
  renameSafely(draft, keyPool);
}
