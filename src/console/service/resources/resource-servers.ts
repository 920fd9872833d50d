import { json, noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import { type Application, resourcesOf, withResources } from '../../../oauth/applications.ts';
import { errors } from '../../model/errors.ts';
import { ApplicationEditor } from '../../model/registration/editor.ts';
import { invalidMember } from '../../model/request.ts';
import { tagOf } from '../../model/revisions.ts';
import { defineCall, type Resource } from '../api/call.ts';

/** A resource indicator is an absolute URI without a fragment (RFC 8707 section 2). */
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
    .describe('It may introspect tokens for these resources; all tokens if empty'),
});

const shown = ({ id, name, platform }: Application) => ({
  application: id,
  name,
  clientId: platform?.clientId ?? null,
  resources: (platform && resourcesOf(platform)) ?? [],
});

const isServer = ({ platform }: Application): boolean => platform !== null && resourcesOf(platform) !== null;

const resourceServer = z
  .strictObject({
    application: z.string(),
    name: z.string(),
    clientId: z.string().nullable(),
    resources: z.array(z.string()),
  })
  .meta({ id: 'ResourceServer' });

/** `/resource-servers`: applications that may introspect tokens at `/oauth2.1/introspect` (RFC 7662 section 4). */
export const resourceServers: Resource = {
  calls(console) {
    const { applications } = console;
    const editor = new ApplicationEditor(console);
    return [
      defineCall('GET', '/resource-servers', {
        summary: 'Lists the applications that may introspect tokens, with their resources',
        answers: { 200: 'The resource servers' },
        roles: [],
        response: z.strictObject({ resourceServers: z.array(resourceServer) }),
        handle: async () =>
          json(200, { resourceServers: (await applications.list()).filter(isServer).map(shown) }),
      }),
      defineCall('PUT', '/resource-servers/:application', {
        summary: 'Allows an application to introspect tokens',
        body: serverShape,
        answers: {
          200: 'The resource server; ETag of its application',
          400: 'Invalid member, or an application that cannot authenticate at /oauth2.1',
          404: 'Unknown application',
          412: 'If-Match has another revision',
        },
        roles: [],
        response: resourceServer,
        async handle({ request, params, body }) {
          const changed = await editor.change(
            'resource-server.set',
            request,
            params.application,
            (before) => {
              const { platform } = before;
              if (!platform || platform.profile === 'nhs' || platform.tokenEndpointAuthMethod === 'none')
                throw invalidMember(
                  'application',
                  'must be a confidential client of the standard or fapi2 profile at the platform',
                );
              return withResources(before, body.resources);
            },
          );
          return json(200, shown(changed), { etag: tagOf(changed.revision) });
        },
      }),
      defineCall('DELETE', '/resource-servers/:application', {
        summary: 'No longer allows an application to introspect tokens',
        answers: { 204: 'Removed', 404: 'Unknown resource server', 412: 'If-Match has another revision' },
        roles: [],
        async handle({ request, params }) {
          await editor.change('resource-server.removed', request, params.application, (before) => {
            if (!isServer(before)) throw errors.notFound(`${before.id} is not a resource server`);
            return withResources(before, null);
          });
          return noContent();
        },
      }),
    ];
  },
};
