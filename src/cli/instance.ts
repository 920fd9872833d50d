import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment, OperatorError } from '@alongside/kernel/config';
import { reasonOf } from '@alongside/kernel/errors';
import { z } from 'zod';
import type { StateFile } from '../state-file.ts';

/** Flags of every command that talks to a running instance. */
export const instanceFlags = {
  portBase: z.string().optional().describe('First port of the instance'),
  data: z.string().optional().describe('Data folder of the instance'),
  state: z.string().optional().describe('State file of the instance'),
  json: z.boolean().optional().describe('Print one JSON line'),
};

interface Wish {
  portBase?: string;
  data?: string;
  state?: string;
}

function fromFile(file: string): string {
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as StateFile;
    return state.urls.console;
  } catch (error) {
    throw new OperatorError(`The state file ${file} cannot be read: ${reasonOf(error)}`);
  }
}

function find(wish: Wish): string {
  const variables = environment();
  const portBase = wish.portBase ?? variables.ALONGSIDE_PORT_BASE;
  const named = wish.state ?? variables.ALONGSIDE_STATE;
  if (wish.state === undefined && portBase !== undefined && portBase !== '0')
    return `http://localhost:${portBase}`;
  if (named) return fromFile(named);
  const file = join(wish.data ?? variables.ALONGSIDE_DATA ?? '.alongside', 'state.json');
  return existsSync(file) ? fromFile(file) : 'http://localhost:8400';
}

export interface ApiAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** The console API of a running instance. */
export class InstanceApi {
  readonly origin: string;

  constructor(wish: Wish) {
    this.origin = find(wish);
  }

  /** Calls the API. Any status is an answer; nobody there is one clear sentence. */
  async call(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    let response: Response;
    try {
      response = await fetch(`${this.origin}/api/v1${path}`, {
        method,
        headers: body === undefined ? {} : { 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause ? reasonOf(error.cause) : reasonOf(error);
      throw new OperatorError(
        `No running instance answers at ${this.origin} (${cause}). Start one with "npm start", or say which with --port-base.`,
      );
    }
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  }

  /** Calls the API and takes nothing but success. */
  async must<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new OperatorError(sentence(answer));
    return answer.body as T;
  }
}

/** What an error answer of the API says to a person. */
export const sentence = ({ status, body }: ApiAnswer): string =>
  String(body.error_description ?? body.message ?? body.error ?? `The console answered ${status}.`);
