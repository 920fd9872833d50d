import { type Answer, json, noContent } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { uuid } from '@alongside/kernel/ids';
import type { JsonObject } from '@alongside/kernel/json';
import { z } from 'zod';
import type { Application, Applications } from '../../oauth/applications.ts';
import type { Products } from '../../oauth/products.ts';
import type { AuditLog } from '../../storage/audit.ts';
import { type ApiCall, apiPath, defineCall } from '../api/call.ts';
import { checkRevision, tagOf } from '../api/preconditions.ts';
import { errors } from '../errors.ts';
import { checkProducts, patchedRegistration, withNewKeys } from '../registration/changes.ts';
import { applicationEditor, shownApplication } from '../registration/editor.ts';
import { keySetWarnings } from '../registration/key-sets.ts';
import { listedApplication } from '../registration/listed.ts';
import { checkPolicy } from '../registration/policy.ts';
import { type Registration, registrationShape } from '../registration/shape.ts';
import { applicationView, type FreshSecrets, storedFrom } from '../registration/stored.ts';
import { type RegistrationWarning, registrationWarnings } from '../registration/warnings.ts';

interface Parts {
  applications: Applications;
  products: Products;
  audit: AuditLog;
  development: boolean;
}

type Half = { clientId: string } | null;

const blank = { status: 'approved', platform: null, cis2: null } as const;
const patchShape = z.looseObject({});

const credentials = (half: Half, secret: string | undefined) =>
  half && { clientId: half.clientId, ...(secret === undefined ? {} : { clientSecret: secret }) };

const remarks = (warnings: readonly RegistrationWarning[]) => (warnings.length > 0 ? { warnings } : {});

/** What `POST` answers: the one time that the secrets are shown. */
const created = (
  { id, platform, cis2 }: Application,
  fresh: FreshSecrets,
  warnings: readonly RegistrationWarning[],
) => ({
  id,
  ...(platform ? { platform: credentials(platform, fresh.platform) } : {}),
  ...(cis2 ? { cis2: credentials(cis2, fresh.cis2) } : {}),
  ...remarks(warnings),
});

/** `/applications`: registrations. */
export function applicationCalls({ applications, products, audit, development }: Parts): ApiCall[] {
  const policy = { privateAddresses: development };
  const { find, change, recordStatement } = applicationEditor({ applications, audit });

  /** What will fail at use; `keys` is the registration with the keys to look at. */
  const warningsOf = async (application: Application, keys: Registration): Promise<RegistrationWarning[]> => [
    ...registrationWarnings(application, await products.list()),
    ...(await keySetWarnings(keys, policy)),
  ];

  /** Chosen credentials may be weak or public, so they are for development alone, and for a new application. */
  async function checkCredentials({ credentials, platform, cis2 }: Registration): Promise<void> {
    const refuse = (field: string, problem: string) =>
      errors.requestInvalid(`${field} ${problem}`, { field, problem });
    if (credentials && !development) throw refuse('credentials', 'may be chosen in development only');
    for (const [name, half] of Object.entries({ platform, cis2 }))
      if (credentials?.[name as 'platform' | 'cis2'] && !half)
        throw refuse(`credentials.${name}`, `needs the member "${name}"`);
    const taken =
      ((await isTaken('platform', credentials?.platform?.clientId)) && 'platform') ||
      ((await isTaken('cis2', credentials?.cis2?.clientId)) && 'cis2');
    if (taken) throw refuse(`credentials.${taken}.clientId`, 'belongs to another application');
  }

  async function isTaken(at: 'platform' | 'cis2', clientId: string | undefined): Promise<boolean> {
    if (clientId === undefined) return false;
    const found =
      at === 'platform'
        ? await applications.byPlatformClient(clientId)
        : await applications.byCis2Client(clientId);
    return found !== undefined;
  }

  async function add(registration: Registration): Promise<Answer> {
    checkPolicy(registration);
    await checkCredentials(registration);
    await checkProducts(products, registration, []);
    const { application, fresh } = storedFrom(registration, { ...blank, id: uuid() }, applications.now);
    await applications.add(application, recordStatement('application.created', application.id));
    const warnings = await warningsOf(application, registration);
    const { id } = application;
    return json(201, created(application, fresh, warnings), {
      location: `${apiPath}/applications/${id}`,
      etag: tagOf(1),
    });
  }

  async function patch(request: HttpRequest, id: string, body: JsonObject): Promise<Answer> {
    const changed = await change('application.changed', request, id, async (before) => {
      if ('credentials' in body)
        throw errors.requestInvalid('a change names credentials', {
          field: 'credentials',
          problem: 'can be chosen for a new application only',
        });
      const registration = patchedRegistration(before, body);
      await checkProducts(products, registration, before.platform?.products.map(({ name }) => name) ?? []);
      const { application, fresh } = storedFrom(registration, before, applications.now);
      const warnings = await warningsOf(application, withNewKeys(registration, before));
      const view = applicationView(application);
      const more = {
        ...(fresh.platform ? { platform: { ...view.platform, clientSecret: fresh.platform } } : {}),
        ...(fresh.cis2 ? { cis2: { ...view.cis2, clientSecret: fresh.cis2 } } : {}),
        ...remarks(warnings),
      };
      return { application, more };
    });
    return shownApplication(changed.application, changed.more);
  }

  async function setStatus(request: HttpRequest, id: string, status: Application['status']): Promise<Answer> {
    const changed = await change(`application.${status}`, request, id, ({ revision: _, ...before }) => ({
      application: { ...before, status },
    }));
    return shownApplication(changed.application);
  }

  async function remove(request: HttpRequest, id: string): Promise<Answer> {
    checkRevision(request, (await find(id)).revision);
    await applications.remove(id, recordStatement('application.removed', id));
    return noContent();
  }

  const changeAnswers = {
    200: 'The application after it; ETag',
    404: 'There is no such application',
    412: 'If-Match names another revision',
  };

  return [
    defineCall({
      method: 'GET',
      path: '/applications',
      summary: 'Every application; the seeded ones with their development secrets',
      answers: { 200: 'The applications' },
      async handle() {
        const found = await applications.list();
        return json(200, {
          applications: found.map((application) =>
            development ? listedApplication(application) : applicationView(application),
          ),
        });
      },
    }),
    defineCall({
      method: 'POST',
      path: '/applications',
      summary: 'Registers an application; secrets are shown this once',
      body: registrationShape,
      answers: {
        201: 'Its id and credentials; "warnings" says what will fail at use',
        400: 'A member does not fit: "field" and "problem"',
      },
      handle: ({ body }) => add(body),
    }),
    defineCall({
      method: 'GET',
      path: '/applications/{id}',
      summary: 'An application, all but its secrets',
      answers: {
        200: 'The application; ETag; "warnings" says what will fail at use',
        404: 'There is no such application',
      },
      async handle({ part }) {
        const found = await find(part('id'));
        return shownApplication(found, remarks(registrationWarnings(found, await products.list())));
      },
    }),
    defineCall({
      method: 'PATCH',
      path: '/applications/{id}',
      summary: 'Changes an application by a JSON merge patch (RFC 7396)',
      body: patchShape,
      answers: { ...changeAnswers, 400: 'A member does not fit: "field" and "problem"' },
      handle: ({ request, part, body }) => patch(request, part('id'), body),
    }),
    defineCall({
      method: 'DELETE',
      path: '/applications/{id}',
      summary: 'Removes an application',
      answers: {
        204: 'It is gone',
        404: 'There is no such application',
        412: 'If-Match names another revision',
      },
      handle: ({ request, part }) => remove(request, part('id')),
    }),
    defineCall({
      method: 'POST',
      path: '/applications/{id}/approve',
      summary: 'Lets an application call again',
      answers: changeAnswers,
      handle: ({ request, part }) => setStatus(request, part('id'), 'approved'),
    }),
    defineCall({
      method: 'POST',
      path: '/applications/{id}/revoke',
      summary: 'Refuses an application everywhere from its next request on',
      answers: changeAnswers,
      handle: ({ request, part }) => setStatus(request, part('id'), 'revoked'),
    }),
  ];
}
