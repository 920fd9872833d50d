import crypto, { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { before } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { clone } from '../prepare/clone.mjs';
import { keyPool } from './key-pool.mjs';

/** The longest that a test file and each of its tests may take, in milliseconds. */
export const limits = { timeout: 300_000 };

/** Returns the body of the suite that runs a test file in this process. */
export const load = (file) => async () => {
  before(() => {
    keys.left = keys.all;
  });
  const path = resolve(clone, file);
  if (readFileSync(path, 'utf8').includes("from 'fast-check'")) await repeatProperties();
  await import(pathToFileURL(path).href);
};

/**
 * Property tests take the same values in every run, so that a run shows the effect of the change and not of chance,
 * and a value that hangs is named after half a minute. `ALONGSIDE_PROPERTY_SEED` and `ALONGSIDE_PROPERTY_RUNS` choose
 * others: `npm run properties` does.
 */
async function repeatProperties() {
  const { default: fc } = await import('fast-check');
  const runs = process.env.ALONGSIDE_PROPERTY_RUNS;
  fc.configureGlobal({
    seed: Number(process.env.ALONGSIDE_PROPERTY_SEED ?? 1),
    timeout: 30_000,
    ...(runs === undefined ? {} : { numRuns: Number(runs) }),
  });
}

/**
 * RSA keys of 2,048 bits come from a pool that the clone made once, as making them is a sixth of a run's processor
 * time. They are real, and each is used once in a test file; then new ones are made. Keys of another kind, other
 * processes and worker threads are left alone.
 */
const keys = { all: JSON.parse(readFileSync(keyPool, 'utf8')), left: [] };
const { generateKeyPair, generateKeyPairSync } = crypto;

function pooled(type, options) {
  const plain = type === 'rsa' && options?.modulusLength === 2048 && Object.keys(options).length === 1;
  if (!plain || keys.left.length === 0) return undefined;
  const [pem, ...left] = keys.left;
  keys.left = left;
  const privateKey = createPrivateKey(pem);
  return { publicKey: createPublicKey(privateKey), privateKey };
}

crypto.generateKeyPairSync = (type, options) => pooled(type, options) ?? generateKeyPairSync(type, options);
crypto.generateKeyPair = (type, options, done) => {
  const pair = pooled(type, options);
  if (pair) setImmediate(done, null, pair.publicKey, pair.privateKey);
  else generateKeyPair(type, options, done);
};
const promised = promisify(generateKeyPair);
crypto.generateKeyPair[promisify.custom] = async (type, options) =>
  pooled(type, options) ?? promised(type, options);
syncBuiltinESMExports();
