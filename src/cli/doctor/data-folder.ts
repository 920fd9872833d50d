import { accessSync, constants, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { decodeJwt, type SigningAlgorithm, verifySignature } from '@alongside/kernel/jws';
import { otherReader } from '@alongside/kernel/windows-access';
import { type Finding, ok, wrong } from '../../../identity-agent/doctor/report.ts';
import { readKeySet } from '../../oauth/remote-keys.ts';
import type { StateFile } from '../../state-file.ts';
import { sqliteFileOf } from '../../storage/dialects.ts';
import { damageRemedy, PageCheck } from '../../storage/page-check.ts';
import { ask, type Check, type Subject } from './subject.ts';

/** Returns the folder, or its nearest existing parent. */
const nearest = (folder: string): string =>
  existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));

function probe(folder: string): void {
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
  accessSync(folder, constants.W_OK | constants.X_OK);
  // Only a write shows a full or read-only file system.
  const file = join(folder, `.doctor-${process.pid}`);
  writeFileSync(file, '');
  rmSync(file);
}

export function judgeFolder(folder: string): Finding {
  const there = nearest(folder);
  try {
    probe(there);
  } catch (error) {
    return wrong(
      `The data folder ${folder} cannot be written: ${reasonOf(error)}.`,
      `Give this user the right to write to ${there}, or choose another folder with --data.`,
    );
  }
  return ok(there === folder ? `${folder} can be written.` : `${folder} is not there yet and can be made.`);
}

/** Modes protect no files of Windows. @param reader another user who can open the folder */
export const judgeReader = (folder: string, reader = otherReader(folder)): Finding[] =>
  reader === undefined
    ? []
    : [
        wrong(
          `${reader} can open the data folder ${folder}, which has the secrets of the instance.`,
          'Let only its own user, Administrators and SYSTEM open it: docs/windows.md has the command.',
        ),
      ];

export const dataFolder: Check = {
  name: 'data-folder',
  run: ({ dataFolder: folder }) => [judgeFolder(folder), ...judgeReader(folder)],
};

/** Returns the SQLite file of the instance, or the one that it would open in its data folder; undefined for another database. */
function databaseFileOf({ stateFile, dataFolder: folder }: Subject): string | undefined {
  if (!stateFile || !('state' in stateFile)) return sqliteFileOf('', folder);
  return /^SQLite (?!in memory$)(.+)$/.exec(stateFile.state.database)?.[1];
}

/** Reads every page, also where an instance cannot start because of a damaged one. */
export const database: Check = {
  name: 'database',
  async run(subject) {
    const file = databaseFileOf(subject);
    if (file === undefined || !existsSync(file)) return [];
    const damage = await new PageCheck(file).run();
    return [
      damage === undefined
        ? ok(`All pages of ${file} can be read.`)
        : wrong(`${file} is damaged: ${damage}.`, damageRemedy),
    ];
  },
};

function judgeStateFile({ stateFile, console, origin, silence }: Subject): Finding {
  if (!stateFile) return ok('There is none, or --port-base selects the instance.');
  const { file } = stateFile;
  if ('problem' in stateFile)
    return wrong(
      stateFile.problem,
      'Start the instance again, which writes it again, or select one with --state or --port-base.',
    );
  const { state, alive } = stateFile;
  if (!alive)
    return wrong(
      `${file} was left behind: process ${state.pid} does not run any more.`,
      `Start the instance again with "npx alongside up", or delete ${file}.`,
    );
  if (!console)
    return wrong(
      `Process ${state.pid} of ${file} runs, but its console does not answer at ${origin} (${silence}).`,
      `Wait if it is starting or stopping. Else another process may have got the number: delete ${file} and start again.`,
    );
  if (console.urls.console !== state.urls.console || console.urls.cis2Issuer !== state.urls.cis2Issuer)
    return wrong(
      `Another instance answers at ${origin} than the one of ${file}.`,
      'Stop one of the two, or select one with --port-base.',
    );
  return ok(`${file}, process ${state.pid}`);
}

export const stateFile: Check = { name: 'state-file', run: (subject) => [judgeStateFile(subject)] };

/** A signature by one key of a service. */
interface KeyProof {
  service: string;
  jws: string;
}

const keySets: Readonly<Record<string, (urls: StateFile['urls']) => string>> = {
  cis2: ({ cis2Issuer }) => `${cis2Issuer}/connect/jwk_uri`,
  authorisation: ({ api }) => `${api}/oauth2.1/jwks`,
  cis: ({ cis }) => `${cis}/jwks`,
};

const fix =
  'Give every process the same database and master key, start them again, and let no proxy cache the key set.';

/** Returns the problem with a signature; undefined if the key set verifies it. */
export async function proofProblem(jws: string, keySet: unknown): Promise<string | undefined> {
  const jwt = decodeJwt(jws);
  const { kid, alg } = jwt?.header ?? {};
  if (!jwt) return 'The signature cannot be read';
  const key = readKeySet(keySet).get(String(kid));
  if (!key) return `The key ${kid} signs (${alg}) and is not in the key set`;
  if (!(await verifySignature(jwt, alg as SigningAlgorithm, key)))
    return `A signature by the key ${kid} (${alg}) does not verify with the key set`;
  return undefined;
}

async function judge(
  service: string,
  proofs: readonly KeyProof[],
  urls: StateFile['urls'],
): Promise<Finding> {
  const address = keySets[service]?.(urls) ?? '';
  const { status, body, problem: silence } = await ask(address);
  if (status !== 200)
    return wrong(`The key set ${address} was not read: ${silence ?? `status ${status}`}.`, fix, service);
  const problems = await Promise.all(proofs.map(({ jws }) => proofProblem(jws, body)));
  const problem = problems.find((one) => one !== undefined);
  if (problem !== undefined) return wrong(`${problem} ${address}.`, fix, service);
  return ok(`${proofs.length} signing keys verify with ${address}.`, service);
}

/** Signs with each active key, and verifies the signature with the published key set. */
export const signingKeys: Check = {
  name: 'signing-keys',
  async run({ console, origin, stateFile }) {
    if (!console) return [];
    const token = stateFile && 'state' in stateFile ? stateFile.state.operator?.token : undefined;
    const { status, body, problem } = await ask(`${origin}/api/v1/keys/proofs`, token);
    const { proofs } = (body ?? {}) as { proofs?: KeyProof[] };
    if (status !== 200 || !Array.isArray(proofs))
      return [wrong(`The signing keys did not sign: ${problem ?? `status ${status}`}.`, 'See the log.')];
    const services = Object.keys(keySets).filter((service) => proofs.some((one) => one.service === service));
    return Promise.all(
      services.map((service) =>
        judge(
          service,
          proofs.filter((one) => one.service === service),
          console.urls,
        ),
      ),
    );
  },
};

interface Verified {
  ok?: boolean;
  records?: number;
  problem?: { chain: string; seq: number; problem: string };
}

const day = 86_400_000;

/** Verifies the audit log of the last day. */
export const audit: Check = {
  name: 'audit',
  async run({ console, origin, stateFile }) {
    if (!console) return [];
    const token = stateFile && 'state' in stateFile ? stateFile.state.operator?.token : undefined;
    const now = systemClock.now() + console.clock.offsetSeconds * 1000;
    const from = new Date(now - day).toISOString();
    const { status, body, problem: silence } = await ask(`${origin}/api/v1/audit/verify?from=${from}`, token);
    const { ok: holds, records, problem } = (body ?? {}) as Verified;
    if (status !== 200 || holds === undefined)
      return [wrong(`The audit log was not verified: ${silence ?? `status ${status}`}.`, 'See the log.')];
    if (problem)
      return [
        wrong(
          problem.chain === ''
            ? `The audit log: ${problem.problem}.`
            : `Chain ${problem.chain}, record ${problem.seq}: ${problem.problem}.`,
          'Keep the database as it is, compare it with shipped logs ("alongside audit verify --anchors FILE"), and treat it as an incident.',
        ),
      ];
    return [ok(`${records} records of the last day are as they were written.`)];
  },
};
