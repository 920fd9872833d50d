import { loadConfig } from '@alongside/kernel/config';
import type { JourneyEvent } from '@alongside/kernel/events';
import { configShape } from '../../src/config.ts';
import { checkAnsweredCalls } from '../../src/console/testing/answered-calls.ts';
import { type Instance, startAlongside } from '../../src/main.ts';
import type { StateFile } from '../../src/state-file.ts';

/** A complete instance on free ports without persistent data, for most tests. */
export interface TestInstance {
  urls: StateFile['urls'];
  listeners: Instance['listeners'];
  state: StateFile;
  /** Calls the console's API; throws unless it succeeds. */
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>;
  /** Calls the console's API; returns any status. */
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Inserts the card and enters the PIN. */
  signInAtDesk(persona: string, pin?: string): Promise<void>;
  events(): Promise<JourneyEvent[]>;
  stop(): Promise<void>;
}

export async function startInstance(settings: Record<string, unknown> = {}): Promise<TestInstance> {
  checkAnsweredCalls();
  const config = loadConfig(configShape, { portBase: 0, ephemeral: true, logLevel: 'error', ...settings });
  const instance: Instance = await startAlongside(config, { development: true });
  const { urls } = instance.state;
  async function call(method: string, path: string, body?: unknown) {
    const response = await fetch(`${urls.console}/api/v1${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
  }
  async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await call(method, path, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }
  return {
    urls,
    listeners: instance.listeners,
    state: instance.state,
    api,
    call,
    async signInAtDesk(persona, pin = '123456') {
      await api('PUT', '/readers/0/card', { card: persona });
      const status = await api<{ question: string | null; roles: { roleId: string }[] }>(
        'POST',
        '/agent/pin',
        { pin },
      );
      if (status.question === 'role') await api('POST', '/agent/role', { roleId: status.roles[0]?.roleId });
    },
    events: async () => (await api<{ events: JourneyEvent[] }>('GET', '/events')).events,
    stop: () => instance.stop(),
  };
}
