import { Refusal } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { Endpoint, Route } from '@alongside/kernel/http';
import { distinctKeys } from '@alongside/kernel/journeys';
import { anyMethod, route } from '@alongside/kernel/route';
import { RequestBatch } from '../../oauth/request-batch.ts';
import { type Base, stateKeys } from '../base.ts';
import { errorFormat } from '../diagnosis.ts';
import { errors } from '../errors.ts';
import { type Incoming, readIncoming } from '../incoming.ts';
import type { PlatformParts } from '../parts.ts';
import { recordRefusedTokens } from './application-checks.ts';
import { flowPaths, flows } from './flows.ts';
import { createNhsServer } from './server.ts';

/** Records a refusal as an event of the journey of the request's values. */
function recordRefusal(
  recorder: Recorder,
  event: string,
  base: Base,
  { request, query, form, proven }: Incoming,
  { entry }: Refusal,
): void {
  recorder.record(
    {
      keys: distinctKeys([...stateKeys(base, query), form.get('code') ?? '']),
      lasting: proven.family ?? '',
      from: 'application',
      to: 'authorisation',
      name: event,
      outcome: 'refused',
      detail: { error: entry.code, reason: entry.id },
    },
    request.activity,
  );
}

/** Returns the routes of one base path of the `nhs` profile. */
export function createNhsRoutes(base: Base, bases: readonly Base[], parts: PlatformParts): Route[] {
  const server = createNhsServer(base, bases, parts);
  const endpoint: Endpoint = async (request) => {
    const incoming = readIncoming(base, request);
    const flow = flows.find(({ matches }) => matches(incoming));
    if (!flow) throw errors.notFound(`there is no route for ${request.method} here`);
    try {
      return await flow.endpoint({ server, batch: new RequestBatch(parts.database), ...incoming });
    } catch (thrown) {
      if (thrown instanceof Refusal && flow.event !== undefined)
        recordRefusal(parts.recorder, flow.event, base, incoming, thrown);
      else
        request.activity?.join({
          keys: [...stateKeys(base, incoming.query), incoming.form.get('code') ?? ''],
        });
      const { application } = incoming.proven;
      const grant = incoming.form.get('grant_type');
      if (application !== undefined)
        await recordRefusedTokens(parts, base, { request, application, grant }, thrown);
      throw thrown;
    }
  };
  const handlers = anyMethod({ endpoint, errors: errorFormat(errors), rawQuery: true });
  const known = flowPaths.map((path) => `${base.path}${path}`);
  return [base.path, `${base.path}/*`].flatMap((path) => route(path, handlers, known));
}
