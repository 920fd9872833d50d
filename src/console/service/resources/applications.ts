import { json, noContent } from '@alongside/kernel/answer';
import { uuid } from '@alongside/kernel/ids';
import { z } from 'zod';
import type { Application } from '../../../oauth/applications.ts';
import { checkProducts, patchedRegistration, withNewKeys } from '../../model/registration/changes.ts';
import { ApplicationEditor } from '../../model/registration/editor.ts';
import { keySetWarnings } from '../../model/registration/key-sets.ts';
import { checkCredentials, checkPolicy } from '../../model/registration/policy.ts';
import { type Registration, registrationShape } from '../../model/registration/shape.ts';
import {
  applicationResponse,
  applicationView,
  credentials,
  isNamed,
  listedApplication,
  type NewSecrets,
  shownApplication,
  storedFrom,
  warnings,
} from '../../model/registration/stored.ts';
import { type RegistrationWarning, registrationWarnings } from '../../model/registration/warnings.ts';
import { anyMembers, invalidMember } from '../../model/request.ts';
import { tagOf } from '../../model/revisions.ts';
import { apiPath, defineCall, type Resource } from '../api/call.ts';

const blank = { status: 'approved', platform: null, cis2: null } as const;

const optional = (warnings: readonly RegistrationWarning[]) => (warnings.length > 0 ? { warnings } : {});

const credentialsOf = ({ clientId }: { clientId: string }, clientSecret: string | undefined) => ({
  clientId,
  ...(clientSecret === undefined ? {} : { clientSecret }),
});

const newApplication = z.strictObject({
  id: z.string(),
  platform: credentials.optional(),
  cis2: credentials.optional(),
  warnings,
});

const changedApplication = applicationResponse.extend({ warnings }).meta({ id: 'ApplicationWithWarnings' });

/** `/applications`: registrations. */
export const applications: Resource = {
  calls(console) {
    const { applications, products, development } = console;
    const policy = { privateAddresses: development };
    const editor = new ApplicationEditor(console);

    /** Warns about the registration and the keys in `keys`. */
    const warningsOf = async (
      application: Application,
      keys: Registration,
    ): Promise<RegistrationWarning[]> => [
      ...registrationWarnings(application, await products.list()),
      ...(await keySetWarnings(keys, policy)),
    ];

    /** Returns what a new registration stores. Refuses an invalid one. */
    async function checked(registration: Registration) {
      checkPolicy(registration);
      await checkCredentials(registration, console);
      await checkProducts(products, registration, []);
      return storedFrom(registration, { ...blank, id: uuid() }, applications.now);
    }

    const changeAnswers = {
      200: 'The changed application; ETag',
      404: 'Unknown application',
      412: 'If-Match has another revision',
    };

    return [
      defineCall('GET', '/applications', {
        summary: 'Lists applications; the seeded ones with their development secrets',
        query: z.strictObject({
          q: z.string().max(200).optional().describe('Part of a name, an id or a client id'),
        }),
        answers: { 200: 'The applications' },
        roles: [],
        response: z.strictObject({ applications: z.array(applicationResponse) }),
        async handle({ query: { q = '' } }) {
          const shown = development ? listedApplication : applicationView;
          const found = (await applications.list()).filter((application) => isNamed(application, q));
          return json(200, { applications: found.map(shown) });
        },
      }),
      defineCall('POST', '/applications', {
        summary: 'Registers an application; secrets are shown only once',
        body: registrationShape,
        answers: {
          201: 'Its id and credentials; "warnings" about what will fail at use',
          400: 'Invalid member: "field" and "problem"',
        },
        roles: [],
        response: newApplication,
        async handle({ body: registration }) {
          const { application, newSecrets } = await checked(registration);
          await editor.add(application);
          const { id, platform, cis2 } = application;
          return json(
            201,
            {
              id,
              ...(platform ? { platform: credentialsOf(platform, newSecrets.platform) } : {}),
              ...(cis2 ? { cis2: credentialsOf(cis2, newSecrets.cis2) } : {}),
              ...optional(await warningsOf(application, registration)),
            },
            { location: `${apiPath}/applications/${id}`, etag: tagOf(1) },
          );
        },
      }),
      defineCall('POST', '/applications/check', {
        summary: 'Checks a registration, with its keys, without storing anything',
        body: registrationShape,
        answers: {
          200: 'It would be registered; "warnings" about what would fail at use',
          400: 'Invalid member: "field" and "problem"',
        },
        roles: [],
        response: z.strictObject({ warnings }),
        async handle({ body: registration }) {
          const { application } = await checked(registration);
          return json(200, optional(await warningsOf(application, registration)));
        },
      }),
      defineCall('GET', '/applications/:id', {
        summary: 'Returns an application without its secrets',
        answers: {
          200: 'The application; ETag; "warnings" about what will fail at use',
          404: 'Unknown application',
        },
        roles: [],
        response: changedApplication,
        async handle({ params }) {
          const found = await editor.find(params.id);
          return shownApplication(found, optional(registrationWarnings(found, await products.list())));
        },
      }),
      defineCall('PATCH', '/applications/:id', {
        summary: 'Changes an application with a JSON merge patch (RFC 7396)',
        body: anyMembers,
        patches: registrationShape,
        answers: { ...changeAnswers, 400: 'Invalid member: "field" and "problem"' },
        roles: [],
        response: changedApplication,
        async handle({ request, params, body }) {
          let newSecrets: NewSecrets = {};
          let warnings: RegistrationWarning[] = [];
          const changed = await editor.change('application.changed', request, params.id, async (before) => {
            if ('credentials' in body)
              throw invalidMember('credentials', 'can be chosen for a new application only');
            const registration = patchedRegistration(before, body);
            await checkProducts(
              products,
              registration,
              before.platform?.products.map(({ name }) => name) ?? [],
            );
            const stored = storedFrom(registration, before, applications.now);
            newSecrets = stored.newSecrets;
            warnings = await warningsOf(stored.application, withNewKeys(registration, before));
            return stored.application;
          });
          const view = applicationView(changed);
          return shownApplication(changed, {
            ...(newSecrets.platform
              ? { platform: { ...view.platform, clientSecret: newSecrets.platform } }
              : {}),
            ...(newSecrets.cis2 ? { cis2: { ...view.cis2, clientSecret: newSecrets.cis2 } } : {}),
            ...optional(warnings),
          });
        },
      }),
      defineCall('DELETE', '/applications/:id', {
        summary: 'Removes an application',
        answers: { 204: 'Removed', 404: 'Unknown application', 412: 'If-Match has another revision' },
        roles: [],
        async handle({ request, params }) {
          await editor.remove(request, params.id);
          return noContent();
        },
      }),
      ...(
        [
          ['approve', 'approved', 'Approves a revoked application'],
          ['revoke', 'revoked', 'Revokes an application: all its requests are refused'],
        ] as const
      ).map(([act, status, summary]) =>
        defineCall('POST', `/applications/:id/${act}`, {
          summary,
          answers: changeAnswers,
          roles: [],
          response: applicationResponse,
          handle: async ({ request, params }) =>
            shownApplication(
              await editor.change(`application.${status}`, request, params.id, (before) => ({
                ...before,
                status,
              })),
            ),
        }),
      ),
    ];
  },
};
