// Measures the Digital Signature Service with as many documents as a request may have, beside the RSA signatures alone in the same run,
// and how long another caller waits meanwhile: `npm run bench:signing`. Never fails on a figure.
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres } from '../test/testing/postgres.ts';
import { benchOptions, printReport } from './flags.ts';
import { OtherCaller } from './meanwhile/meanwhile.ts';
import { startAlongside } from './peers/alongside.ts';
import { combinedSignIn } from './peers/scenarios.ts';
import { documents, prove, registerPrescriber, signer } from './signing/prescriber.ts';
import { median, usage } from './usage.ts';

const {
  database: dialect,
  requests,
  documents: count,
  out,
  json,
} = benchOptions('bench:signing', {
  database: ['sqlite', 'postgres'],
  requests: 30,
  documents: 250,
  out: 'FOLDER',
});

const postgres =
  dialect === 'postgres' ? await startPostgres({ settings: ['fsync=on'], apart: true }) : undefined;
const ours = await startAlongside(await postgres?.create('signing'));
const { command, pid, workstation } = ours;
if (!workstation) throw new Error('Alongside has a workstation.');
await command.liftProductLimits();

/** The steps of a request at the service, and the signatures alone. */
const parts = ['request', 'presence', 'signatures', 'result', 'bare'] as const;
type Figures = Record<(typeof parts)[number], number[]>;
const cpu: Figures = { request: [], presence: [], signatures: [], result: [], bare: [] };
const wall: Figures = { request: [], presence: [], signatures: [], result: [], bare: [] };

/** Keeps processor time, of the server or of this process, and time of one part, in milliseconds. */
async function timed<T>(part: keyof Figures, work: () => Promise<T>): Promise<T> {
  const now = () => {
    if (part !== 'bare') return usage(pid).cpu;
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  };
  const [cpuBefore, began] = [now(), performance.now()];
  const result = await work();
  wall[part].push(performance.now() - began);
  cpu[part].push(now() - cpuBefore);
  return result;
}

const signInPool = promisify(sign) as (digest: string, data: Uint8Array, key: KeyObject) => Promise<Buffer>;
const pem = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
});

/** Makes the signatures alone, two at once as the service does. */
async function signAlone(payloads: readonly { payload: string }[]): Promise<void> {
  const key = createPrivateKey(pem);
  const rest = payloads.values();
  const work = async () => {
    for (const { payload } of rest) await signInPool('sha256', Buffer.from(payload, 'base64'), key);
  };
  await Promise.all([work(), work()]);
}

const desk = { api: command.urls.api, consoleCall: command.call };
const signing = (await registerPrescriber(desk))(command.urls.api);

async function once(other: OtherCaller): Promise<void> {
  const payloads = documents(count);
  const started = await other.during(() =>
    timed('request', () => signing.request({ payloads, subject: signer })),
  );
  const { browser, returned } = await timed('presence', () => prove(desk, started.redirectUri));
  const { kind, url } = await other.during(() => timed('signatures', () => browser.go(returned.href)));
  if (kind !== 'callback') throw new Error(`the signatures ended at ${url.origin}${url.pathname}`);
  const { signatures } = await other.during(() => timed('result', () => signing.result(started.token)));
  if (signatures.length !== count) throw new Error(`${signatures.length} signatures`);
  await timed('bare', () => signAlone(payloads));
}

/** Lets the other caller call alone for three seconds. */
const alone = (other: OtherCaller): Promise<void> =>
  other.during(() => new Promise((resolve) => setTimeout(resolve, 3_000)));

const caller = await combinedSignIn(ours);
const other = new OtherCaller({ address: workstation.hello, headers: { authorization: `Bearer ${caller}` } });
try {
  // The first requests make the person's key, and compile the code.
  for (let n = 0; n < 5; n++) await once(other);
  for (const figures of [cpu, wall]) for (const part of Object.values(figures)) part.length = 0;
  other.waits();
  await alone(other);
  const quiet = other.waits();
  for (let n = 0; n < requests; n++) await once(other);
  const meanwhile = other.waits();
  const cpuOf = (part: keyof Figures) => median(cpu[part]);
  const added = (cpuOf('request') + cpuOf('signatures') + cpuOf('result') - cpuOf('bare')) / count;
  const rows = parts.map((part) => ({ part, cpu: cpuOf(part), milliseconds: median(wall[part]) }));
  const figures = {
    node: process.version,
    dialect,
    requests,
    documents: count,
    parts: rows,
    added,
    quiet,
    meanwhile,
  };
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, `signing-${dialect}.json`), `${JSON.stringify(figures)}\n`);
  }
  const shown = ({ calls, p50, p99, longest }: typeof quiet) =>
    `p50 ${p50} ms, p99 ${p99} ms, longest ${longest} ms of ${calls} calls`;
  printReport(json, figures, [
    `${requests} requests of ${count} documents, ${dialect}: processor time and time, median`,
    ...rows.map(
      ({ part, cpu: own, milliseconds }) =>
        `  ${part.padEnd(12)}${own.toFixed(1).padStart(7)} ms ${milliseconds.toFixed(1).padStart(7)} ms`,
    ),
    `  beyond the RSA signature, without the presence check: ${(added * 1_000).toFixed(0)} µs a document`,
    `another caller, alone:     ${shown(quiet)}`,
    `another caller, meanwhile: ${shown(meanwhile)}`,
  ]);
} finally {
  await other.stop();
  await ours.stop();
  await postgres?.stop();
}
