import { json, noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import {
  Administrators,
  invitationLifetime,
  invitationStatement,
  type RoleChange,
  roleStatement,
} from '../../model/administrators/administrators.ts';
import { currentCaller } from '../../model/administrators/admission.ts';
import { grantShape, roles } from '../../model/administrators/roles.ts';
import { errors } from '../../model/errors.ts';
import { recordStatement } from '../../model/revisions.ts';
import { defineCall, type Resource } from '../api/call.ts';

const name = z
  .string('must be text')
  .trim()
  .min(1, 'must not be empty')
  .max(80, 'must have at most 80 characters')
  .regex(/^\P{C}*$/u, 'must not hold control characters');

const invitation = z
  .strictObject({ name, ...grantShape.shape })
  .check(({ value: { name: _, ...grant }, issues }) => {
    const { error } = grantShape.safeParse(grant);
    for (const { message, path } of error?.issues ?? [])
      issues.push({ code: 'custom', message, path: [...path], input: grant });
  });

const administrator = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    role: z.enum(roles),
    organisations: z.array(z.string()),
    createdAt: z.iso.datetime(),
    lastSignIn: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Administrator' });

const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());

/** Throws the refusal of a change that was not made. */
function demandDone(change: RoleChange, id: string): void {
  if (change === 'unknown') throw errors.notFound(`no administrator ${id.slice(0, 60)}`);
  if (change === 'last') throw errors.lastAdministrator('no other has the role administrator');
}

/** Administrators cannot take away from the others the way to undo what they did to themselves. */
function refuseOwn(id: string): void {
  if (currentCaller()?.administrator?.id === id) throw errors.ownRole('the administrator is the caller');
}

/** `/administrators`: who may use the console in production, and in which role. */
export const administrators: Resource = {
  calls({ database, clock, audit, urls }) {
    const administrators = new Administrators(database, clock);
    const list = async () =>
      (await administrators.list()).map(({ createdAt, lastSignIn, ...rest }) => ({
        ...rest,
        createdAt: new Date(createdAt).toISOString(),
        lastSignIn: iso(lastSignIn),
      }));
    return [
      defineCall('GET', '/administrators', {
        summary: 'Lists administrators of the console with their roles',
        answers: { 200: 'The administrators, the first to join first' },
        roles: [],
        response: z.strictObject({ administrators: z.array(administrator) }),
        handle: async () => json(200, { administrators: await list() }),
      }),
      defineCall('POST', '/administrators/invitations', {
        summary:
          'Creates a link with which a person sets up a passkey and joins in a role: once, within an hour',
        body: invitation,
        answers: {
          201: 'The link, shown only once',
          400: 'Invalid member: "field" and "problem"',
          403: 'The passkey was not used within the last five minutes',
        },
        roles: [],
        recentPasskey: true,
        response: z.strictObject({ url: z.string(), expiresAt: z.iso.datetime() }),
        async handle({ body }) {
          const invited = { ...body, madeBy: currentCaller()?.administrator?.id };
          const token = await administrators.invite(invited, invitationStatement(audit, 'developer', body));
          return json(201, {
            url: `${urls.console}/invite/${token}`,
            expiresAt: new Date(clock.now() + invitationLifetime).toISOString(),
          });
        },
      }),
      defineCall('PUT', '/administrators/:id/role', {
        summary: 'Changes the role of an administrator from the next request on',
        body: grantShape,
        answers: {
          200: 'The changed administrator',
          400: 'Invalid member: "field" and "problem"',
          403: 'Your own role, or the passkey was not used within the last five minutes',
          404: 'Unknown administrator',
          409: 'The last administrator',
        },
        roles: [],
        recentPasskey: true,
        response: administrator,
        async handle({ params: { id }, body }) {
          refuseOwn(id);
          const record = roleStatement(audit, 'developer', id, body);
          const grant = { ...body, madeBy: currentCaller()?.administrator?.id };
          demandDone(await administrators.changeRole(id, grant, record), id);
          const changed = (await list()).find((one) => one.id === id);
          if (!changed) throw errors.notFound('removed meanwhile');
          return json(200, changed);
        },
      }),
      defineCall('DELETE', '/administrators/:id', {
        summary: 'Removes an administrator with passkeys and sessions',
        answers: {
          204: 'Removed',
          403: 'Yourself, or the passkey was not used within the last five minutes',
          404: 'Unknown administrator',
          409: 'The last administrator',
        },
        roles: [],
        recentPasskey: true,
        async handle({ params: { id } }) {
          refuseOwn(id);
          const record = recordStatement(audit, 'administrator.removed', id);
          demandDone(await administrators.remove(id, record), id);
          return noContent();
        },
      }),
    ];
  },
};
