import { systemClock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { type AgentConfiguration, type AgentStatus, methods } from '../protocol.ts';
import { Servers } from '../server-call.ts';
import { loadSettings } from '../settings/settings.ts';
import { AgentConnection } from '../socket/client.ts';
import type { RunningAgent, ServerProbe, Subject } from './check.ts';

/** Time limit of a request, in milliseconds. */
const timeout = 5_000;

async function askServer(servers: Servers, url: string): Promise<ServerProbe> {
  const before = systemClock.now();
  try {
    const answer = await servers.call({ method: 'GET', url, milliseconds: timeout });
    return { url, answer, problem: '', before, after: systemClock.now() };
  } catch (error) {
    return { url, answer: undefined, problem: reasonOf(error), before, after: systemClock.now() };
  }
}

async function askAgent(path: string): Promise<RunningAgent> {
  const connection = await AgentConnection.open(path);
  const late = setTimeout(() => connection.close(), timeout);
  try {
    return {
      status: await connection.call<AgentStatus>(methods.status),
      configuration: await connection.call<AgentConfiguration>(methods.configuration),
    };
  } finally {
    clearTimeout(late);
    connection.close();
  }
}

/** Returns a value, or the reason for its absence. */
async function attempt<T>(work: () => T | Promise<T>): Promise<{ value: T | undefined; problem: string }> {
  try {
    return { value: await work(), problem: '' };
  } catch (error) {
    return { value: undefined, problem: reasonOf(error) };
  }
}

/** Collects the data for the checks. Uses the configuration of a running agent if there is one, else the settings. */
export async function subjectOf(socket: string): Promise<Subject> {
  const servers = new Servers();
  try {
    const loaded = await attempt(() => loadSettings([]));
    const found = await attempt(() => askAgent(socket));
    const told = found.value?.configuration;
    const settings = loaded.value?.settings;
    const url = told?.url ?? `http://127.0.0.1:${settings?.agentPort ?? 8403}`;
    const cis = told?.cisUrl ?? settings?.cis;
    const issuer = settings?.cis2Issuer;
    const keys = told?.cis2JwksUrl ?? settings?.cis2Jwks ?? (issuer && `${issuer}/connect/jwk_uri`);
    const [port, atCis, cis2Keys] = await Promise.all([
      askServer(servers, `${url}/healthz`),
      cis === undefined ? undefined : askServer(servers, `${cis}/healthz`),
      keys === undefined ? undefined : askServer(servers, keys),
    ]);
    return {
      socket,
      url,
      port,
      cis: atCis,
      cis2Keys,
      settings: loaded.value,
      settingsProblem: loaded.problem,
      agent: found.value,
      silence: found.problem,
    };
  } finally {
    servers.close();
  }
}
