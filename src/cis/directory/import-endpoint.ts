import { json, StreamAnswer } from '@alongside/kernel/answer';
import { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { Leases } from '../../storage/leases.ts';
import type { Caller } from '../endpoint.ts';
import { errors } from '../errors.ts';
import { type ImportAnswer, type ImportProgress, importProgressType } from '../protocol.ts';
import { mediaTypeOf } from '../shapes.ts';
import { ImportSpool } from './import-spool.ts';
import type { DirectoryServices } from './people.ts';
import { receiveCsv } from './receive-csv.ts';
import { receiveDocument } from './receive-document.ts';
import { type ReceivedFile, slicesOf } from './received-file.ts';
import { runImport } from './run-import.ts';

/** Milliseconds for which a lease lasts, after which another import may run, and between renewals. */
const leaseLength = 5_000;
const renewEvery = 1_000;
/** Milliseconds between two lines of progress. */
const lineEvery = 200;

export interface ImportCall {
  request: HttpRequest;
  cis: DirectoryServices;
  caller: Caller;
  dryRun: boolean;
}

/** Makes sure that one import writes at a time, in all processes. */
class ImportLease {
  static readonly #name = 'directory-import';
  readonly #leases: Leases;
  #timer: NodeJS.Timeout | undefined;
  #isLost = false;

  constructor({ database, clock }: ImportCall['cis']) {
    this.#leases = new Leases(database, clock);
  }

  /** @throws Refusal `import_running` */
  async take(): Promise<void> {
    if (!(await this.#leases.take(ImportLease.#name, leaseLength)))
      throw errors.importRunning('another import has the lease');
    const renew = async () => {
      this.#isLost = !(await this.#leases.take(ImportLease.#name, leaseLength).catch(() => true));
    };
    this.#timer = setInterval(() => void renew(), renewEvery).unref();
  }

  /** @throws Refusal `import_stopped` if another import may have begun */
  check(): void {
    if (this.#isLost) throw errors.importStopped('another import has the lease');
  }

  async release(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    await this.#leases.release([ImportLease.#name]);
  }
}

/** Reads the body in short steps, then imports it. Ends between two steps if the client leaves. The result is last. */
async function* receiveAndImport({
  request,
  cis,
  caller,
  dryRun,
}: ImportCall): AsyncGenerator<ImportProgress | { result: ImportAnswer }> {
  const { body, gone } = request.incoming ?? {};
  const lease = new ImportLease(cis);
  const spool = new ImportSpool();
  try {
    const file = await receive(request, body?.iterator({ destroyOnReturn: false }), spool);
    // Refused only now: a caller that still sends would not see the response.
    if (!dryRun) await lease.take();
    const run = runImport({ cis, request, caller, dryRun, spool, file });
    for (;;) {
      if (gone?.aborted) throw errors.importStopped('the client has left');
      lease.check();
      const { done, value } = await run.next();
      yield done ? { result: value } : value;
      if (done) return;
    }
  } finally {
    spool.close();
    await lease.release();
  }
}

/** Reads a body into a spool. */
function receive(
  request: HttpRequest,
  body: AsyncIterable<Buffer> | undefined,
  spool: ImportSpool,
): Promise<ReceivedFile> {
  const slices = slicesOf(body ?? (async function* none() {})());
  return (mediaTypeOf(request) === 'text/csv' ? receiveCsv : receiveDocument)(slices, spool);
}

const refusedImport = (answer: ImportAnswer) => ({ error: 'invalid_import', ...answer });

/** Returns whether a client accepts lines of progress. */
const wantsProgress = ({ headers }: HttpRequest): boolean =>
  (headers.accept ?? '').split(',').some((range) => range.split(';')[0]?.trim() === importProgressType);

/** Answers with lines of progress; the last one is the result, with the status that it would have alone. */
function progressAnswer(call: ImportCall): StreamAnswer {
  return new StreamAnswer(
    200,
    { 'content-type': importProgressType, 'x-accel-buffering': 'no' },
    async function* lines() {
      const line = (value: object) => `${JSON.stringify(value)}\n`;
      let shown = { phase: '', at: 0 };
      try {
        for await (const step of receiveAndImport(call)) {
          if ('result' in step) {
            const isRefused = step.result.errors.length > 0;
            const result = isRefused ? refusedImport(step.result) : step.result;
            yield line({ status: isRefused ? 422 : 200, result });
            return;
          }
          const now = performance.now();
          if (step.phase === shown.phase && now - shown.at < lineEvery) continue;
          shown = { phase: step.phase, at: now };
          yield line(step);
        }
      } catch (error) {
        if (shown.phase === '' || !(error instanceof Refusal)) throw error;
        const { code, description, status } = error.entry;
        yield line({ status, result: { error: code, error_description: description, ...error.extra } });
      }
    },
  );
}

/** Imports the body of a request: CSV or a JSON document. */
export async function importDirectory(call: ImportCall) {
  const type = mediaTypeOf(call.request);
  if (type !== 'text/csv' && type !== 'application/json')
    throw errors.mediaType(`the media type is ${type || 'missing'}`);
  if (wantsProgress(call.request)) return progressAnswer(call);
  for await (const step of receiveAndImport(call)) {
    if (!('result' in step)) continue;
    const { result } = step;
    if (result.errors.length === 0) return json(200, result);
    return json(422, refusedImport(result)).refusing(
      errors.importInvalid(`${result.errors.length} problems`),
    );
  }
  throw errors.importStopped('it has no result');
}
