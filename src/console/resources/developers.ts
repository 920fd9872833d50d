import { type Answer, json, noContent } from '@alongside/kernel/answer';
import { mergePatch } from '@alongside/kernel/json';
import { z } from 'zod';
import type { Developers, StoredDeveloper } from '../../oauth/developers.ts';
import type { AuditAction, AuditLog } from '../../storage/audit.ts';
import { type ApiCall, apiPath, defineCall } from '../api/call.ts';
import { checkRevision, tagOf } from '../api/preconditions.ts';
import { readShape } from '../api/request.ts';
import { errors } from '../errors.ts';

const developerShape = z.strictObject({
  id: z
    .string('must be text')
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be letters, digits, dots, underscores and hyphens'),
  name: z.string('must be text').min(1, 'must not be empty').max(100, 'must have at most 100 characters'),
  kind: z.enum(['developer', 'company'], 'must be "developer" or "company"').default('developer'),
  email: z
    .string('must be text')
    .max(254, 'must have at most 254 characters')
    .regex(/^([^\s@]+@[^\s@]+)?$/, 'must be an e-mail address')
    .default(''),
  status: z.enum(['active', 'inactive'], 'must be "active" or "inactive"').default('active'),
});

const patchShape = z.looseObject({});

/** `/developers`: who registers applications. While one is inactive none of its applications may do anything. */
export function developerCalls({
  developers,
  audit,
}: {
  developers: Developers;
  audit: AuditLog;
}): ApiCall[] {
  const recordStatement = (action: AuditAction, target: string) =>
    audit.recordStatement({ actor: 'developer', action, target, outcome: 'ok' });

  async function find(id: string): Promise<StoredDeveloper> {
    const developer = await developers.get(id);
    if (!developer) throw errors.notFound(`no developer ${id.slice(0, 60)}`);
    return developer;
  }

  const shown = (
    { revision, ...developer }: StoredDeveloper,
    status = 200,
    headers: Record<string, string> = {},
  ): Answer => json(status, developer, { etag: tagOf(revision), ...headers });

  return [
    defineCall({
      method: 'GET',
      path: '/developers',
      summary: 'Every developer',
      answers: { 200: 'The developers' },
      handle: async () =>
        json(200, {
          developers: (await developers.list()).map(({ revision: _, ...developer }) => developer),
        }),
    }),
    defineCall({
      method: 'POST',
      path: '/developers',
      summary: 'Adds a developer or a company',
      body: developerShape,
      answers: { 201: 'The developer; ETag', 400: 'A member does not fit', 409: 'The id is taken' },
      async handle({ body }) {
        if (!(await developers.add(body, recordStatement('developer.created', body.id))))
          throw errors.taken(`developer ${body.id} exists`);
        return shown({ ...body, revision: 1 }, 201, { location: `${apiPath}/developers/${body.id}` });
      },
    }),
    defineCall({
      method: 'GET',
      path: '/developers/{id}',
      summary: 'A developer',
      answers: { 200: 'The developer; ETag', 404: 'There is no such developer' },
      handle: async ({ part }) => shown(await find(part('id'))),
    }),
    defineCall({
      method: 'PATCH',
      path: '/developers/{id}',
      summary:
        'Changes a developer by a JSON merge patch (RFC 7396); one who is inactive is refused everywhere',
      body: patchShape,
      answers: {
        200: 'The developer; ETag',
        400: 'A member does not fit',
        404: 'There is no such developer',
        412: 'If-Match names another revision',
      },
      async handle({ request, part, body }) {
        for (;;) {
          const { revision, ...before } = await find(part('id'));
          checkRevision(request, revision);
          const developer = readShape(developerShape, mergePatch(before, body));
          if (developer.id !== before.id)
            throw errors.requestInvalid('the id would change', { field: 'id', problem: 'cannot be changed' });
          const record = recordStatement('developer.changed', developer.id);
          if (!(await developers.replace(developer, revision, record))) continue;
          return shown({ ...developer, revision: revision + 1 });
        }
      },
    }),
    defineCall({
      method: 'DELETE',
      path: '/developers/{id}',
      summary: 'Removes a developer; its applications stay, and belong to nobody',
      answers: {
        204: 'It is gone',
        404: 'There is no such developer',
        412: 'If-Match names another revision',
      },
      async handle({ request, part }) {
        checkRevision(request, (await find(part('id'))).revision);
        await developers.remove(part('id'), recordStatement('developer.removed', part('id')));
        return noContent();
      },
    }),
  ];
}
