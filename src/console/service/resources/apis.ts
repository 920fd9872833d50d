import { json, noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import {
  apiReport,
  DefinitionError,
  draftPatchShape,
  draftShape,
  listedApi,
  newDraftShape,
  secretNameForm,
  secretNameProblem,
} from '../../../gateway/protocol.ts';
import { errors } from '../../model/errors.ts';
import { checkRevision, recordStatement, tagged } from '../../model/revisions.ts';
import { apiPath, defineCall, type Resource } from '../api/call.ts';

/** Two mebibytes of files, of which each character may be escaped. */
const bodyLimit = 16_777_216;

/** The form of the page sends one file as text, and empty fields. */
const pasted = z.looseObject({ text: z.string('must be text') });

function fromForm(body: unknown): unknown {
  const form = pasted.safeParse(body);
  if (!form.success) return body;
  const { text, ...members } = form.data;
  const filled = Object.entries(members).filter(([, value]) => value !== '');
  const values = filled.map(([name, value]) => [name, value === 'true' ? true : value]);
  // The page says that no address means the examples.
  const usual = (members.upstream ?? '') === '' ? { mock: true } : {};
  return { entry: 'openapi.yaml', files: { 'openapi.yaml': text }, ...usual, ...Object.fromEntries(values) };
}

const draftOrForm = z.preprocess(fromForm, draftShape);
const newDraftOrForm = z.preprocess(fromForm, newDraftShape);

/** Turns the reason why a definition cannot be used into a response with its place. */
async function orRefusal<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    throw errors.definitionInvalid(error.message, { problem: error.message, ...error.place });
  }
}

const secretName = z.strictObject({
  value: z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(65_536, 'must have at most 65536 characters'),
});

const apiSource = draftShape.extend({ examples: z.array(z.looseObject({})) });

/** `/apis`: the APIs behind the gateway. */
export const apis: Resource = {
  calls({ apis, audit }) {
    const unknown = (name: string) => errors.notFound(`no API ${name.slice(0, 60)} was added`);
    const answers = { 400: 'The definition cannot be used: "problem" with "file", "line" and "column"' };

    return [
      defineCall('GET', '/apis', {
        summary: 'Lists the APIs behind the gateway',
        answers: { 200: 'The APIs' },
        roles: [],
        response: z.strictObject({ apis: z.array(listedApi) }),
        handle: async () => json(200, { apis: await apis.list() }),
      }),
      defineCall('POST', '/apis', {
        summary: 'Adds an API by its OpenAPI definition, with a product for each of its grants',
        body: newDraftOrForm,
        bodyLimit,
        answers: { 201: 'The API as it was understood, with "warnings"', ...answers },
        roles: [],
        response: apiReport,
        async handle({ body }) {
          const added = await orRefusal(
            apis.add(body, (name) => [recordStatement(audit, 'api.created', name)]),
          );
          return tagged({ ...added, revision: 1 }, 201, { location: `${apiPath}/apis/${added.name}` });
        },
      }),
      defineCall('POST', '/apis/check', {
        summary: 'Reads a definition without adding it',
        body: draftOrForm,
        bodyLimit,
        answers: { 200: 'The API as it was understood, with "warnings"', ...answers },
        roles: [],
        response: apiReport,
        handle: async ({ body }) => json(200, await orRefusal(apis.check(body))),
      }),
      defineCall('GET', '/apis/:name', {
        summary: 'Returns an API that was added',
        answers: { 200: 'The API as it was understood; ETag', 404: 'Unknown API' },
        roles: [],
        response: apiReport,
        async handle({ params: { name } }) {
          const found = await apis.get(name);
          if (!found) throw unknown(name);
          return tagged(found);
        },
      }),
      defineCall('GET', '/apis/:name/source', {
        summary: 'Returns the files of an API, its options and its recorded responses',
        answers: { 200: 'The source', 404: 'Unknown API' },
        roles: [],
        response: apiSource,
        async handle({ params: { name } }) {
          const source = await apis.source(name);
          if (!source) throw unknown(name);
          return json(200, { ...source, examples: await apis.examples(name) });
        },
      }),
      defineCall('PATCH', '/apis/:name', {
        summary: 'Changes the files or options of an API, and its products with it; null removes an option',
        body: draftPatchShape,
        bodyLimit,
        answers: {
          200: 'The API as it was understood; ETag',
          ...answers,
          404: 'Unknown API',
          412: 'If-Match has another revision',
        },
        roles: [],
        response: apiReport,
        async handle({ request, params: { name }, body }) {
          const record = recordStatement(audit, 'api.changed', name);
          const changed = await orRefusal(
            apis.change(name, body, (revision) => checkRevision(request, revision), record),
          );
          if (!changed) throw unknown(name);
          return tagged(changed);
        },
      }),
      defineCall('DELETE', '/apis/:name', {
        summary: 'Removes an API with its products',
        answers: { 204: 'Removed', 404: 'Unknown API', 412: 'If-Match has another revision' },
        roles: [],
        async handle({ request, params: { name } }) {
          const found = await apis.get(name);
          if (!found) throw unknown(name);
          checkRevision(request, found.revision);
          if (!(await apis.remove(name, recordStatement(audit, 'api.removed', name)))) throw unknown(name);
          return noContent();
        },
      }),
      defineCall('PUT', '/api-secrets/:name', {
        summary:
          'Stores a secret that the target of an API names: an API key, or a client certificate with its key as PEM',
        body: secretName,
        answers: { 204: 'Stored; it is never returned' },
        roles: [],
        async handle({ params: { name }, body: { value } }) {
          if (!secretNameForm.test(name))
            throw errors.requestInvalid(`the name ${secretNameProblem}`, {
              field: 'name',
              problem: secretNameProblem,
            });
          await apis.setSecret(name, value, recordStatement(audit, 'api.secret.set', name));
          return noContent();
        },
      }),
      defineCall('DELETE', '/api-secrets/:name', {
        summary: 'Removes a secret of targets',
        answers: { 204: 'Removed' },
        roles: [],
        async handle({ params: { name } }) {
          await apis.setSecret(name, null, recordStatement(audit, 'api.secret.removed', name));
          return noContent();
        },
      }),
    ];
  },
};
