import { json, noContent } from '@alongside/kernel/answer';
import { mergePatch } from '@alongside/kernel/json';
import { z } from 'zod';
import { errors } from '../../model/errors.ts';
import { anyMembers, invalidMember, readShape, requiredText } from '../../model/request.ts';
import { changeCurrent, checkRevision, recordStatement, tagged } from '../../model/revisions.ts';
import { apiPath, defineCall, type Resource } from '../api/call.ts';

const developerShape = z.strictObject({
  id: requiredText.regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'must be letters, digits, dots, underscores and hyphens',
  ),
  name: requiredText
    .min(1, 'must not be empty')
    .max(100, 'must have at most 100 characters')
    .refine((name) => name.trim() !== '', 'must not be blank'),
  kind: z.enum(['developer', 'company'], 'must be "developer" or "company"').default('developer'),
  email: z
    .string('must be text')
    .max(254, 'must have at most 254 characters')
    .regex(/^([^\s@]+@[^\s@]+)?$/, 'must be an e-mail address')
    .default(''),
  status: z.enum(['active', 'inactive'], 'must be "active" or "inactive"').default('active'),
});

/** `/developers`: the owners of applications. The applications of an inactive developer are refused. */
export const developers: Resource = {
  calls({ developers, audit }) {
    async function find(id: string) {
      const developer = await developers.get(id);
      if (!developer) throw errors.notFound(`no developer ${id.slice(0, 60)}`);
      return developer;
    }

    return [
      defineCall('GET', '/developers', {
        summary: 'Lists developers',
        answers: { 200: 'The developers' },
        roles: [],
        response: z.strictObject({ developers: z.array(developerShape) }),
        handle: async () =>
          json(200, {
            developers: (await developers.list()).map(({ revision: _, ...developer }) => developer),
          }),
      }),
      defineCall('POST', '/developers', {
        summary: 'Adds a developer or a company',
        body: developerShape,
        answers: { 201: 'The developer; ETag', 400: 'Invalid member', 409: 'The id is taken' },
        roles: [],
        response: developerShape,
        async handle({ body }) {
          if (!(await developers.add(body, recordStatement(audit, 'developer.created', body.id))))
            throw errors.taken(`developer ${body.id} exists`, {
              field: 'id',
              problem: 'is taken: another developer has it',
            });
          return tagged({ ...body, revision: 1 }, 201, { location: `${apiPath}/developers/${body.id}` });
        },
      }),
      defineCall('GET', '/developers/:id', {
        summary: 'Returns a developer',
        answers: { 200: 'The developer; ETag', 404: 'Unknown developer' },
        roles: [],
        response: developerShape,
        handle: async ({ params }) => tagged(await find(params.id)),
      }),
      defineCall('PATCH', '/developers/:id', {
        summary:
          'Changes a developer with a JSON merge patch (RFC 7396); applications of an inactive one are refused',
        body: anyMembers,
        patches: developerShape,
        answers: {
          200: 'The developer; ETag',
          400: 'Invalid member',
          404: 'Unknown developer',
          412: 'If-Match has another revision',
        },
        roles: [],
        response: developerShape,
        handle: async ({ request, params: { id }, body }) =>
          tagged(
            await changeCurrent(
              request,
              () => find(id),
              ({ revision: _, ...before }) => {
                const developer = readShape(developerShape, mergePatch(before, body));
                if (developer.id !== id) throw invalidMember('id', 'cannot be changed');
                return developer;
              },
              (developer, revision) =>
                developers.replace(developer, revision, recordStatement(audit, 'developer.changed', id)),
            ),
          ),
      }),
      defineCall('DELETE', '/developers/:id', {
        summary: 'Removes a developer; its applications remain without one',
        answers: { 204: 'Removed', 404: 'Unknown developer', 412: 'If-Match has another revision' },
        roles: [],
        async handle({ request, params: { id } }) {
          checkRevision(request, (await find(id)).revision);
          await developers.remove(id, recordStatement(audit, 'developer.removed', id));
          return noContent();
        },
      }),
    ];
  },
};
