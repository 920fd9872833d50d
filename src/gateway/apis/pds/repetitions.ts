import { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { Refusal } from '@alongside/kernel/errors';
import { sha256, Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { type Database, type Statement, sql } from '../../../storage/database.ts';
import { storedJson } from '../../../storage/row.ts';
import { SingleUse } from '../../../storage/single-use.ts';
import type { BackEndRequest } from '../../api.ts';
import { errors } from '../../errors/catalogue.ts';
import type { HeaderMap } from '../../headers.ts';

const kind = 'pds-response';
/** Milliseconds for which a repeated request gets the first response. */
const lifetime = 3_600_000;

const storedAnswer = z.object({
  status: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

/**
 * Returns the statement that stores a response for the repetitions of its request, for the batch of the change. Only one batch
 * succeeds with it.
 */
export type KeepStatement = (answer: Answer) => Statement;

type RepeatableRequest = Pick<BackEndRequest, 'method' | 'path' | 'headers' | 'body' | 'change' | 'over'>;

/** The outcome of a request, and whether it is that of an earlier one. */
interface Outcome {
  answer: Answer;
  isFirst: boolean;
}

/**
 * Encrypts a stored response under its own request: patient data can be read only by who sent the request, and repeats it.
 */
const sealOf = (key: string): Vault => new Vault(Buffer.from(key));

/** Headers of the gateway that name the caller: application, user or citizen, and role. */
const callerHeaders = [
  'nhsd-application-id',
  'nhsd-identity-idp',
  'nhsd-identity-uuid',
  'nhsd-nhslogin-user',
  'nhsd-session-urid',
];

/** Returns the key of a request: the same for its repetitions by one caller, and for no other request. */
const keyOf = ({ method, path, headers, body }: RepeatableRequest): string =>
  sha256(
    JSON.stringify([
      callerHeaders.map((name) => headers.get(name)),
      headers.get('nhsd-request-id')?.toLowerCase(),
      method,
      path,
      headers.get('if-match'),
      body,
    ]),
  );

/** Seconds for which a caller waits for its update (specification, X-Sync-Wait; AddSyncWaitHeader). */
function waitOf(headers: HeaderMap): number {
  const asked = Number(headers.get('x-sync-wait') ?? Number.NaN);
  return asked >= 0.25 && asked <= 29 ? asked : 10;
}

/** Returns the response, or the published refusal if it takes longer than the caller waits. The work continues. */
async function withinWait<T>(work: Promise<T>, headers: HeaderMap): Promise<T> {
  const seconds = waitOf(headers);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(errors.updateLate(`the update took more than ${seconds} s`)),
      seconds * 1_000,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Gives the same X-Request-ID the same outcome, in every process: a repetition waits for the first and gets its response. */
export class Repetitions {
  readonly #singleUse: SingleUse;
  readonly #clock: Clock;
  /** The requests that this process carries out now. */
  readonly #running = new Map<string, Promise<Outcome>>();

  constructor(database: Database, clock: Clock) {
    this.#singleUse = new SingleUse(database, clock);
    this.#clock = clock;
  }

  /** Carries out a request unless it is a repetition. One that was refused changed nothing, and is carried out again. */
  async answer(
    request: RepeatableRequest,
    work: (keepStatement: KeepStatement) => Promise<Answer>,
  ): Promise<Answer> {
    const key = keyOf(request);
    const { headers, change, over } = request;
    const joined = this.#running.get(key);
    const running = joined ?? this.#start(key, over ? () => Promise.reject(over) : work);
    // The caller may have gone when it fails.
    running.catch(() => undefined);
    const { answer, isFirst } = await withinWait(running, headers);
    if (joined || !isFirst) change?.repeated();
    return answer;
  }

  #start(key: string, work: (keepStatement: KeepStatement) => Promise<Answer>): Promise<Outcome> {
    const keepStatement: KeepStatement = ({ status, headers, body }) => {
      const stored = JSON.stringify({ status, headers, body: String(body) });
      return this.#singleUse.claimStatement(kind, key, lifetime, sealOf(key).seal(kind, stored));
    };
    const running = work(keepStatement)
      .then((answer) => ({ answer, isFirst: true }))
      .catch(async (refusal: unknown) => {
        // After the first, in any process, its repetition is refused: the version is old, or the patient exists.
        const first = refusal instanceof Refusal ? await this.#first(key) : undefined;
        if (!first) throw refusal;
        return { answer: first, isFirst: false };
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  async #first(key: string): Promise<Answer | undefined> {
    const found = await this.#singleUse.find<string>(kind, key);
    if (!found || found.expiresAt <= this.#clock.now()) return undefined;
    const text = sealOf(key).open(kind, found.payload);
    const { status, headers, body } = storedJson(storedAnswer, text, 'single_use.payload');
    return new Answer(status, headers, body);
  }
}

/** Returns the statement that forgets all responses, for a reset of the records. */
export const forgetRepetitionsStatement = (): Statement => sql('DELETE FROM single_use WHERE kind = ?', kind);
