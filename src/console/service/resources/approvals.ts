import { json, noContent } from '@alongside/kernel/answer';
import { z } from 'zod';
import { Administrators } from '../../model/administrators/administrators.ts';
import { currentCaller } from '../../model/administrators/admission.ts';
import { type Approval, approvalStates } from '../../model/approvals.ts';
import { errors } from '../../model/errors.ts';
import { defineCall, type Resource } from '../api/call.ts';

const approval = z
  .strictObject({
    id: z.string(),
    requester: z.string().describe('Name and id of the limited administrator'),
    person: z.string().describe('uid of the person whom the call concerns'),
    subject: z.string().describe('The purpose of the call in a few words'),
    method: z.string(),
    path: z.string(),
    body: z.string().describe('The body of the call, as it was sent'),
    state: z.enum(approvalStates),
    decidedBy: z.string().nullable(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso
      .datetime()
      .describe('A request waits until then; once it is approved, the call can be made until then'),
  })
  .meta({ id: 'Approval' });

const iso = (time: number): string => new Date(time).toISOString();

const shown = ({
  id,
  requester,
  uid,
  subject,
  method,
  path,
  body,
  state,
  decidedBy,
  createdAt,
  expiresAt,
}: Approval): z.output<typeof approval> => ({
  id,
  requester,
  person: uid,
  subject,
  method,
  path,
  body,
  state,
  decidedBy: decidedBy === '' ? null : decidedBy,
  createdAt: iso(createdAt),
  expiresAt: iso(expiresAt),
});

/** Returns the id of the caller whose requests alone may be seen; undefined for an unlimited one. */
const ownOnly = (): string | undefined => {
  const caller = currentCaller();
  return caller?.role === 'registration-authority' ? (caller.administrator?.id ?? '-') : undefined;
};

/** `/approvals`: calls of limited administrators that concern a whole person, and the decisions of an unlimited one. */
export const approvals: Resource = {
  calls({ approvals, database, clock }) {
    const administrators = new Administrators(database, clock);

    /** The approving administrator is another one, whom the requester did not make. */
    async function refuseOwn({ administrator }: Approval): Promise<void> {
      const own = currentCaller()?.administrator?.id;
      if (own === undefined) return;
      if (own === administrator || (await administrators.isMadeBy(own, administrator)))
        throw errors.ownApproval('the caller is the requester, or was made by the requester');
    }

    /** A request of another administrator is unknown to a limited one. */
    async function findVisible(id: string): Promise<Approval> {
      const found = await approvals.find(id);
      const own = ownOnly();
      if (own !== undefined && found.administrator !== own)
        throw errors.notFound(`no request ${id.slice(0, 60)}`);
      return found;
    }

    const decide = async (found: Approval, decision: 'approved' | 'declined') =>
      json(200, shown(await approvals.decide(found, decision, currentCaller()?.actor ?? '')));

    return [
      defineCall('GET', '/approvals', {
        summary:
          'Lists requests of limited administrators that need approval, the newest first: all, or the own ones of a limited administrator',
        query: z.strictObject({ person: z.string().max(40).optional().describe('uid') }),
        answers: { 200: 'At most 200 requests' },
        roles: ['registration-authority'],
        response: z.strictObject({ approvals: z.array(approval) }),
        handle: async ({ query: { person } }) =>
          json(200, {
            approvals: (await approvals.list({ administrator: ownOnly(), uid: person })).map(shown),
          }),
      }),
      defineCall('GET', '/approvals/:id', {
        summary: 'Returns a request',
        answers: { 200: 'The request', 404: 'Unknown request' },
        roles: ['registration-authority'],
        response: approval,
        handle: async ({ params: { id } }) => json(200, shown(await findVisible(id))),
      }),
      defineCall('POST', '/approvals/:id/approve', {
        summary: 'Approves a request: its administrator may then make the same call once, within 24 hours',
        answers: {
          200: 'The request',
          403: 'Your own request, that of an administrator who made you, or the passkey was not used within the last five minutes',
          404: 'Unknown request',
          409: 'It no longer waits',
        },
        roles: [],
        recentPasskey: true,
        response: approval,
        async handle({ params: { id } }) {
          const found = await approvals.find(id);
          await refuseOwn(found);
          return decide(found, 'approved');
        },
      }),
      defineCall('POST', '/approvals/:id/decline', {
        summary: 'Declines a request',
        answers: { 200: 'The request', 404: 'Unknown request', 409: 'It no longer waits' },
        roles: [],
        response: approval,
        handle: async ({ params: { id } }) => decide(await approvals.find(id), 'declined'),
      }),
      defineCall('DELETE', '/approvals/:id', {
        summary: 'Withdraws a request that was not used',
        answers: { 204: 'Withdrawn', 404: 'Unknown request', 409: 'It was declined, used or has expired' },
        roles: ['registration-authority'],
        async handle({ params: { id } }) {
          await approvals.withdraw(await findVisible(id));
          return noContent();
        },
      }),
    ];
  },
};
