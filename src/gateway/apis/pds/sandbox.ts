import { Answer } from '@alongside/kernel/answer';
import { openDatabase } from '../../../storage/dialects.ts';
import { type Api, type BackEnd, pathSet } from '../../api.ts';
import type { Dependencies } from '../../dependencies.ts';
import { errors } from '../../errors/catalogue.ts';
import { requestIdForm } from '../../rules/request.ts';
import { makePds } from './index.ts';
import { reset } from './seed.ts';

/** Refuses an Authorization without a token, and gives the back end the client's ids, which the gateway swaps for calls with one. */
const withoutToken =
  (backEnd: BackEnd): BackEnd =>
  (request) => {
    const id = request.headers.get('x-request-id');
    if (id === undefined) return backEnd(request);
    if (!requestIdForm.test(id)) throw errors.invalidRequestId('X-Request-ID is not a UUID', { value: id });
    const { authorization } = request;
    if (authorization !== undefined && !/^Bearer [^ ]+$/.test(authorization))
      throw errors.missingToken('the sandbox needs no token, and this is none');
    const correlation = request.headers.get('x-correlation-id') ?? '';
    const headers = new Map(request.headers)
      .set('nhsd-request-id', id)
      .set('nhsd-correlation-id', `${id}.${correlation}.${request.messageId}`);
    return backEnd({ ...request, headers });
  };

/**
 * The PDS without tokens, roles and limits, like the published sandbox, but with separate records, in which changes stay until
 * `POST /_reset` or the end of the process. Development only.
 */
export async function openSandbox(dependencies: Dependencies): Promise<Api & { close(): Promise<void> }> {
  const database = await openDatabase(':memory:', '');
  await reset(database);
  const pds = makePds({ ...dependencies, database });
  const backEnd = withoutToken(pds.backEnd);
  return {
    ...pds,
    name: 'personal-demographics-sandbox',
    basePath: '/sandbox/personal-demographics/FHIR/R4',
    title: 'Personal Demographics Service FHIR API, sandbox',
    open: {
      names: pds.paths.names,
      find: (verb, path) => pds.paths.find(verb, path) ?? { name: '/{other}' },
    },
    paths: pathSet(),
    event: null,
    operationLimits: [],
    async backEnd(request) {
      if (request.method !== 'POST' || request.path !== '/_reset') return backEnd(request);
      // Whoever opens a page elsewhere must not lose their records.
      if (request.foreignPage !== undefined) throw errors.foreignPage(request.foreignPage);
      await reset(database);
      return new Answer(204);
    },
    close: () => database.close(),
  };
}
