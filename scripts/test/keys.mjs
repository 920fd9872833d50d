import crypto, { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { keyPool } from './key-pool.mjs';

/**
 * Loaded before each test file: RSA keys of 2,048 bits come from a pool that the clone made once, as making them is a
 * sixth of a run's processor time. They are real, and each is given once in a process; then new ones are made. Keys
 * of another kind, other processes and worker threads are left alone.
 */
const isTestFile = isMainThread && process.argv[1]?.endsWith('.test.ts');
if (isTestFile) {
  const pool = read();
  const { generateKeyPair, generateKeyPairSync } = crypto;
  const next = (type, options) => {
    const plain = type === 'rsa' && options?.modulusLength === 2048 && Object.keys(options).length === 1;
    const pem = plain ? pool.shift() : undefined;
    if (pem === undefined) return undefined;
    const privateKey = createPrivateKey(pem);
    return { publicKey: createPublicKey(privateKey), privateKey };
  };
  crypto.generateKeyPairSync = (type, options) => next(type, options) ?? generateKeyPairSync(type, options);
  crypto.generateKeyPair = (type, options, done) => {
    const pair = next(type, options);
    if (pair) setImmediate(done, null, pair.publicKey, pair.privateKey);
    else generateKeyPair(type, options, done);
  };
  const promised = promisify(generateKeyPair);
  crypto.generateKeyPair[promisify.custom] = async (type, options) =>
    next(type, options) ?? promised(type, options);
  syncBuiltinESMExports();
}

function read() {
  try {
    return JSON.parse(readFileSync(keyPool, 'utf8'));
  } catch {
    return []; // a run that did not begin by `npm test`
  }
}
