import { json, noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import { type Application, type Applications, resourcesOf, withResources } from '../../oauth/applications.ts';
import type { AuditLog } from '../../storage/audit.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import { tagOf } from '../api/preconditions.ts';
import { errors } from '../errors.ts';
import { applicationEditor } from '../registration/editor.ts';

/** A resource indicator is an absolute address without a fragment (RFC 8707 section 2). */
const resource = z
  .string('must be text')
  .max(500, 'must have at most 500 characters')
  .regex(/^[^\s#]+$/, 'must be an address without fragment')
  .refine((text) => URL.canParse(text), 'must be an absolute address');

const serverShape = z.strictObject({
  resources: z
    .array(resource, 'must be a list')
    .max(100, 'must have at most 100 entries')
    .default([])
    .describe('The addresses that it answers for: it is told of tokens for them; none: of all tokens'),
});

const shown = ({ id, name, platform }: Application) => ({
  application: id,
  name,
  clientId: platform?.clientId ?? null,
  resources: (platform && resourcesOf(platform)) ?? [],
});

const isServer = ({ platform }: Application): boolean => platform !== null && resourcesOf(platform) !== null;

/** `/resource-servers`: who may introspect tokens at `/oauth2.1/introspect` (RFC 7662 section 4). */
export function resourceServerCalls(parts: { applications: Applications; audit: AuditLog }): ApiCall[] {
  const { change } = applicationEditor(parts);
  return [
    defineCall({
      method: 'GET',
      path: '/resource-servers',
      summary: 'The applications that may introspect tokens, and of which resources',
      answers: { 200: 'The resource servers' },
      handle: async () =>
        json(200, { resourceServers: (await parts.applications.list()).filter(isServer).map(shown) }),
    }),
    defineCall({
      method: 'PUT',
      path: '/resource-servers/{application}',
      summary: 'Lets an application introspect tokens',
      body: serverShape,
      answers: {
        200: 'The resource server; ETag of its application',
        400: 'A member does not fit, or the application cannot prove who it is at /oauth2.1',
        404: 'There is no such application',
        412: 'If-Match names another revision',
      },
      async handle({ request, part, body }) {
        const { application } = await change(
          'resource-server.set',
          request,
          part('application'),
          ({ revision: _, ...before }) => {
            const { platform } = before;
            if (!platform || platform.profile === 'nhs' || platform.tokenEndpointAuthMethod === 'none')
              throw errors.requestInvalid('it cannot authenticate at /oauth2.1', {
                field: 'application',
                problem: 'must be a confidential client of the standard or fapi2 profile at the platform',
              });
            return { application: withResources(before, body.resources) };
          },
        );
        return json(200, shown(application), { etag: tagOf(application.revision) });
      },
    }),
    defineCall({
      method: 'DELETE',
      path: '/resource-servers/{application}',
      summary: 'No longer lets an application introspect tokens',
      answers: {
        204: 'It may not',
        404: 'There is no such resource server',
        412: 'If-Match names another revision',
      },
      async handle({ request, part }) {
        await change(
          'resource-server.removed',
          request,
          part('application'),
          ({ revision: _, ...before }) => {
            if (!isServer(before)) throw errors.notFound(`${before.id} is no resource server`);
            return { application: withResources(before, null) };
          },
        );
        return noContent();
      },
    }),
  ];
}
