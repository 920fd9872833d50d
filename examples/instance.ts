import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// Shared by the examples: finds the running instance and registers there.

/** The addresses of a running instance of Alongside. */
export interface Instance {
  console: string;
  api: string;
  cis2Issuer: string;
}

/** A registration: the ids and secrets of its two halves. */
export interface Registration {
  id: string;
  platform: { clientId: string; clientSecret: string };
  cis2: { clientId: string; clientSecret: string };
}

const clone = join(import.meta.dirname, '..');

/**
 * Finds the instance by ALONGSIDE_PORT_BASE, else by the addresses of `alongside status --env`, else by its state file
 * (ALONGSIDE_STATE, else .alongside/state.json).
 */
export async function findInstance(): Promise<Instance> {
  const base = process.env.ALONGSIDE_PORT_BASE;
  if (base && base !== '0') return askConsole(`http://localhost:${base}`);
  const { ALONGSIDE_CONSOLE_URL, ALONGSIDE_API_URL, ALONGSIDE_CIS2_ISSUER_URL } = process.env;
  if (ALONGSIDE_CONSOLE_URL && ALONGSIDE_API_URL && ALONGSIDE_CIS2_ISSUER_URL) {
    return { console: ALONGSIDE_CONSOLE_URL, api: ALONGSIDE_API_URL, cis2Issuer: ALONGSIDE_CIS2_ISSUER_URL };
  }
  const named = process.env.ALONGSIDE_STATE;
  const usual = ['.alongside/state.json', join(clone, '.alongside/state.json')];
  const file = named ?? usual.find((path) => existsSync(path));
  if (file === undefined) return askConsole('http://localhost:8400');
  try {
    const instance = instanceIn(JSON.parse(readFileSync(file, 'utf8')));
    // An instance that was killed leaves its file.
    await askConsole(instance.console);
    return instance;
  } catch {
    return end(`The state file ${file} cannot be read; is Alongside running (npm start)?`);
  }
}

/** Returns the addresses in a state. @throws Error if it is not the state of an instance */
function instanceIn(state: { urls?: Partial<Instance> } | null): Instance {
  const { console, api, cis2Issuer } = state?.urls ?? {};
  if (console && api && cis2Issuer) return { console, api, cis2Issuer };
  throw new Error('This is not the state of an instance.');
}

async function askConsole(origin: string): Promise<Instance> {
  const url = `${origin}/api/v1/state`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    return instanceIn(await response.json());
  } catch {
    return end(`No instance answers at ${url}; is Alongside running (npm start)?`);
  }
}

/** Ends the example with a sentence; a stack would not help who runs it. */
export function end(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

/** Registers an application at a development instance, which suppliers do by hand at the real services. */
export async function register(instance: Instance, application: object): Promise<Registration> {
  const response = await fetch(`${instance.console}/api/v1/applications`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(application),
  });
  if (response.status !== 201)
    throw new Error(`The application was not registered: ${await response.text()}`);
  return (await response.json()) as Registration;
}
