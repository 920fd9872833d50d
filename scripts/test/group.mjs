import crypto, { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import { after, before } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { clone } from '../prepare/clone.mjs';
import { keyPool } from './key-pool.mjs';

/** Time limit of a test file and of each of its tests, in milliseconds. */
export const limits = { timeout: 600_000 };

/** The files of a group share a browser and a PostgreSQL server; each adds the function that ends it (`test/testing/shared.ts`). */
const ends = [];
globalThis[Symbol.for('alongside.test-group')] = ends;
after(() => Promise.all(ends.map((end) => end())));

/** Files of this process whose tests have not ended. */
let unfinished = 0;

/** Milliseconds after the last test in which the process must end. */
const toEnd = 60_000;

/** A server that a failed test left open would otherwise keep this process, and with it the whole run, alive for ever. */
const endSoon = () =>
  setTimeout(() => {
    process.stderr.write(
      `the tests have ended, but not their process: ${process.getActiveResourcesInfo().join(', ')}\n`,
    );
    process.exit(1);
  }, toEnd).unref();

/** Returns the body of the suite that runs a test file in this process. */
export const load = (file) => {
  unfinished += 1;
  return () => loadFile(file);
};

async function loadFile(file) {
  before(() => {
    keys.left = keys.all;
  });
  after(() => {
    unfinished -= 1;
    if (unfinished === 0) endSoon();
  });
  const path = resolve(clone, file);
  if (readFileSync(path, 'utf8').includes("from 'fast-check'")) await repeatProperties();
  keys.imports += 1;
  try {
    await import(pathToFileURL(path).href);
  } finally {
    keys.imports -= 1;
  }
}

/**
 * Property tests use the same values in every run, so that results depend on the change and not on chance, and report a value
 * that hangs after half a minute. `ALONGSIDE_PROPERTY_SEED` and `ALONGSIDE_PROPERTY_RUNS` select others, as `npm run properties`
 * does.
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
 * RSA keys of 2,048 bits are taken from a pool that is created once for the clone, because generating them takes a sixth of a
 * run's processor time. They are real, and each is used once in a test file; then new ones are generated. Other keys, processes
 * and worker threads are not affected.
 */
const pool = JSON.parse(readFileSync(keyPool, 'utf8'));
const keys = { all: pool, left: pool, imports: 0 };
const { generateKeyPair, generateKeyPairSync } = crypto;

function pooled(type, options) {
  const plain = type === 'rsa' && options?.modulusLength === 2048 && Object.keys(options).length === 1;
  if (!plain || keys.left.length === 0) return undefined;
  const [pem, ...left] = keys.left;
  keys.left = left;
  // A file that takes a key during its import, before its hooks run, keeps it.
  if (keys.imports > 0) keys.all = keys.all.filter((key) => key !== pem);
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
