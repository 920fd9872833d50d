import { detailOf, reasonOf } from '@alongside/kernel/errors';
import type { Ask } from '@alongside/kernel/in-process';
import { ParsedTexts, parseOwnJson } from '@alongside/kernel/json';
import type { Log } from '@alongside/kernel/log';
import { askOver } from '@alongside/kernel/outbound';
import {
  type ChangesAnswer,
  type CisReads,
  type PeopleAnswer,
  type Person,
  type PersonMail,
  type PersonMailAnswer,
  type PresenceAnswer,
  type ProofAnswer,
  type ProofRequest,
  paths,
  type SessionState,
} from '../../cis/protocol.ts';
import { sharedErrors } from '../errors/shared.ts';

/** The address of CIS and the secret for it. */
export interface CisAccess {
  url: string;
  secret: string;
  /** How to call it; over HTTP by default. */
  ask?: Ask | undefined;
  /** Reads it without a call, if it is in this process. */
  reads?: CisReads | undefined;
}

/** Calls the public interface of CIS. Throws `cisUnreachable` if CIS does not respond. */
export class CisClient {
  readonly #call: Ask;
  readonly #reads: CisReads;
  readonly #secret: string;
  readonly #log: Log;
  readonly #people = new ParsedTexts<Person>();

  constructor({ url, secret, ask = askOver(url), reads }: CisAccess, log: Log) {
    this.#call = ask;
    this.#reads = reads ?? {
      person: (uid) => this.#ask(paths.person(uid), undefined, (text) => this.#people.of(uid, text)),
      session: (id) => this.#ask<SessionState>(paths.session(id)),
      agentsAt: async (address) =>
        (await this.#ask<PresenceAnswer>(`${paths.presence}?address=${encodeURIComponent(address)}`))
          ?.agents ?? [],
    };
    this.#secret = secret;
    this.#log = log;
  }

  /** Returns the state of a session, live or ended; undefined if CIS does not know it. */
  session(id: string): Promise<SessionState | undefined> {
    return this.#reads.session(id);
  }

  /** Verifies that the session is live and the card signed the message. Returns undefined if CIS does not know the session. */
  prove(id: string, proof: ProofRequest): Promise<ProofAnswer | undefined> {
    return this.#ask<ProofAnswer>(paths.proof(id), proof);
  }

  /** Returns the agents that CIS recently saw at this network address; none if CIS does not respond. */
  async agentsAt(address: string): Promise<PresenceAnswer['agents']> {
    try {
      return await this.#reads.agentsAt(address);
    } catch {
      return [];
    }
  }

  /** Returns the first people of the directory by uid. */
  async people(): Promise<Person[]> {
    return (await this.#ask<PeopleAnswer>(`${paths.people}?limit=100`))?.people ?? [];
  }

  /** Returns people who changed since; undefined if this CIS does not support it. The caller logs a failure, once. */
  changes(after: number | undefined): Promise<ChangesAnswer | undefined> {
    return this.#fetch<ChangesAnswer>(`${paths.changes}${after === undefined ? '' : `?after=${after}`}`);
  }

  /** Sends a mail to a person. Returns undefined if CIS does not know the person. */
  mail(uid: string, mail: PersonMail): Promise<PersonMailAnswer | undefined> {
    return this.#fetch<PersonMailAnswer>(paths.personMail(uid), mail);
  }

  person(uid: string): Promise<Person | undefined> {
    return this.#reads.person(uid);
  }

  async #ask<T>(path: string, body?: unknown, read?: (text: string) => T): Promise<T | undefined> {
    try {
      return await this.#fetch(path, body, read);
    } catch (error) {
      this.#log.warn({ reason: detailOf(error) }, 'CIS does not answer');
      throw error;
    }
  }

  async #fetch<T>(
    path: string,
    body?: unknown,
    read: (text: string) => T = parseOwnJson,
  ): Promise<T | undefined> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.#secret}`,
      accept: 'application/json',
    };
    if (body !== undefined) headers['content-type'] = 'application/json';
    try {
      const answer = await this.#call(
        path,
        body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) },
      );
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw new Error(`it answered ${answer.status}`);
      return read(answer.body);
    } catch (error) {
      throw sharedErrors.cisUnreachable(`${path.replace(/\?.*/, '')}: ${reasonOf(error)}`);
    }
  }
}
