import { resolve } from 'node:path';
import { systemClock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { outbound } from '@alongside/kernel/outbound';
import type { DoctorCheck } from '../../../identity-agent/doctor/report.ts';
import { isAlive, type LocalOperator, type StateFile } from '../../state-file.ts';
import { dataFolderOf, type InstanceSelection, placeOf, readStateFile } from '../instance.ts';

export interface HttpProbe {
  /** Undefined without a response; `problem` is then the reason. */
  status: number | undefined;
  /** The response as JSON; undefined if it is not JSON. */
  body: unknown;
  problem: string | undefined;
}

const timeout = 5_000;

/** Sends one request. Never throws. @param token sent as a bearer token */
export async function ask(address: string, token?: string): Promise<HttpProbe> {
  try {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await outbound(
      address,
      { privateAddresses: true, direct: true },
      { headers, milliseconds: timeout },
    );
    let body: unknown;
    try {
      body = JSON.parse(answer.body);
    } catch {
      body = undefined;
    }
    return { status: answer.status, body, problem: undefined };
  } catch (error) {
    return { status: undefined, body: undefined, problem: reasonOf(error) };
  }
}

function lookAt(file: string): NonNullable<Subject['stateFile']> {
  try {
    const state = readStateFile(file);
    return { file, state, alive: isAlive(state.pid) };
  } catch (error) {
    return { file, problem: reasonOf(error) };
  }
}

async function askConsole(
  origin: string,
  token: string | undefined,
): Promise<Pick<Subject, 'console' | 'silence'>> {
  const asked = systemClock.now();
  const { status, body, problem } = await ask(`${origin}/api/v1/state`, token);
  const answered = systemClock.now();
  const state = body as Pick<ConsoleState, 'urls' | 'clock'> | undefined;
  if (typeof state?.urls?.console === 'string' && typeof state.clock?.now === 'string')
    return { console: { urls: state.urls, clock: state.clock, asked, answered }, silence: '' };
  const silence =
    problem ??
    (status === 401
      ? 'it is in production and needs its state file: use --data, --state or --config'
      : `the server there is not a console: status ${status}`);
  return { console: undefined, silence };
}

/** Collects the data for the checks. */
export async function subjectOf(wish: InstanceSelection): Promise<Subject> {
  const place = placeOf(wish);
  const stateFile = place.stateFile === undefined ? undefined : lookAt(place.stateFile);
  const known = stateFile && 'state' in stateFile ? stateFile.state : undefined;
  const { operator } = known ?? {};
  const origin = place.origin ?? operator?.url ?? known?.urls.console ?? 'http://localhost:8400';
  return {
    dataFolder: resolve(dataFolderOf(wish)),
    portBase: known?.portBase ?? Number(new URL(origin).port || 80),
    origin,
    stateFile,
    inProduction: operator !== undefined,
    ...(await askConsole(origin, operator?.token)),
  };
}

/** The response of the console's `GET /state`, with its duration. */
export interface ConsoleState {
  urls: StateFile['urls'];
  clock: { now: string; offsetSeconds: number };
  /** Time of this machine before and after the call, in milliseconds. */
  asked: number;
  answered: number;
}

/** Data for all checks, collected once. */
export interface Subject {
  dataFolder: string;
  /** First port of the instance. */
  portBase: number;
  /** Expected address of its console. */
  origin: string;
  stateFile:
    | { file: string; state: StateFile & { operator?: LocalOperator }; alive: boolean }
    | { file: string; problem: string }
    /** Undefined without a state file, or if the instance was selected by its port. */
    | undefined;
  /** Production runs without an agent, the sample application and a local browser. */
  inProduction: boolean;
  /** Undefined if no Alongside console responds; `silence` is then the reason. */
  console: ConsoleState | undefined;
  silence: string;
}

export type Check = DoctorCheck<Subject>;
