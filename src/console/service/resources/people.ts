import { json } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { parseJsonObject } from '@alongside/kernel/json';
import { z } from 'zod';
import {
  jobRolesAnswer,
  membership,
  organisationsAnswer,
  peopleAnswer,
  person,
  roleProfile,
} from '../../../cis/protocol/answers.ts';
import { type Person, paths } from '../../../cis/protocol.ts';
import { relayed } from '../../model/neighbour.ts';
import { anyMembers, foundPeople, invalidMember, pageLimit } from '../../model/request.ts';
import { apiPath, defineCall, type Resource } from '../api/call.ts';
import {
  personOfUserinfo,
  uidsOf,
  unmappedClaims,
  userinfoDocument,
  userinfoShape,
} from '../userinfo-document.ts';

/** Describes a new or changed person, which CIS validates: it adds ids and known names. */
const personDraft = z
  .looseObject({
    ...person.shape,
    organisations: z.array(membership.partial()),
    roles: z.array(roleProfile.partial()),
  })
  .partial();

const query = z.strictObject({
  persona: z.string().max(40).optional(),
  ...foundPeople,
  after: z.string().max(500).optional().describe('"next" of the previous page'),
  limit: pageLimit,
});

const nameQuery = z.strictObject({ q: z.string().max(100).optional().describe('Part of a name, or a code') });

const expectedBy = ({ headers }: HttpRequest) =>
  headers['if-match'] === undefined ? {} : { ifMatch: headers['if-match'] };

/** `/people`: the directory of CIS. A person is named by uid or persona. */
export const people: Resource = {
  calls({ cis }) {
    const pathOf = async (name: string) => paths.person(await cis.uidOf(name));

    return [
      defineCall('GET', '/people', {
        summary:
          'Lists people by uid; with q, organisation or role, finds at most 50 by name; if these are empty, the 20 changed last',
        query,
        answers: { 200: 'People, and "next" if there are more' },
        roles: ['registration-authority', 'support'],
        response: peopleAnswer,
        handle: ({ query }) => cis.relay({ path: paths.people, query }),
      }),
      defineCall('POST', '/people', {
        summary: 'Adds a person',
        body: anyMembers,
        describes: personDraft,
        answers: {
          201: 'The person',
          409: 'The uid or persona is taken',
          422: 'Invalid member: "field" and "problem"',
        },
        roles: ['registration-authority'],
        response: person,
        async handle({ body }) {
          const answer = await cis.call({ method: 'POST', path: paths.people, body });
          const uid = (answer.body as { uid?: unknown } | undefined)?.uid;
          return relayed(
            answer,
            answer.status === 201 ? { location: `${apiPath}/people/${String(uid)}` } : {},
          );
        },
      }),
      defineCall('GET', '/people/:uid', {
        summary: 'Returns a person',
        answers: { 200: 'The person; ETag', 404: 'Unknown uid or persona' },
        roles: ['registration-authority', 'support'],
        response: person,
        handle: async ({ params }) => cis.relay({ path: await pathOf(params.uid) }),
      }),
      defineCall('PATCH', '/people/:uid', {
        summary: 'Changes a person with a JSON merge patch (RFC 7396)',
        body: anyMembers,
        patches: personDraft,
        answers: {
          200: 'The changed person; ETag',
          403: 'For a limited administrator: the change concerns other organisations, or the whole person and needs approval (approval_needed)',
          404: 'Unknown uid or persona',
          412: 'If-Match has another revision',
          422: 'Invalid member',
        },
        roles: ['registration-authority'],
        response: person,
        handle: async ({ request, params, body }) =>
          cis.relay({ method: 'PATCH', path: await pathOf(params.uid), body, ...expectedBy(request) }),
      }),
      defineCall('DELETE', '/people/:uid', {
        summary: 'Removes a person',
        answers: { 204: 'Removed', 404: 'Unknown uid or persona', 412: 'If-Match has another revision' },
        roles: ['registration-authority'],
        handle: async ({ request, params }) =>
          cis.relay({ method: 'DELETE', path: await pathOf(params.uid), ...expectedBy(request) }),
      }),
      defineCall('GET', '/organisations', {
        summary: 'Lists organisations of the directory; with q, at most 50 with this text in their name',
        query: nameQuery,
        answers: { 200: 'Codes and names' },
        roles: ['registration-authority', 'support'],
        response: organisationsAnswer,
        handle: ({ query }) => cis.relay({ path: paths.organisations, query }),
      }),
      defineCall('GET', '/job-roles', {
        summary:
          'Finds job roles that people here have, and published ones: at most 50 with this text in their name',
        query: nameQuery,
        answers: { 200: 'Codes, names and the usual activities' },
        roles: ['registration-authority', 'support'],
        response: jobRolesAnswer,
        handle: ({ query }) => cis.relay({ path: paths.jobRoles, query }),
      }),
      defineCall('GET', '/people/:uid/userinfo', {
        summary: 'Returns a person as a userinfo document with all scopes',
        answers: { 200: 'The document', 404: 'Unknown uid or persona' },
        roles: ['registration-authority', 'support'],
        response: z.looseObject({ sub: z.string() }),
        handle: async ({ params }) => json(200, userinfoDocument(await cis.person(params.uid))),
      }),
      defineCall('PUT', '/people/:uid/userinfo', {
        summary: 'Sets a person from a userinfo document; adds an unknown one',
        body: userinfoShape,
        answers: {
          200: 'The changed person',
          201: 'The added person',
          400: 'The document is about another person, or is not a userinfo document',
          422: 'Invalid member',
        },
        roles: [],
        response: person,
        async handle({ request, params, body }) {
          const uid = await cis.uidOf(params.uid);
          if (uidsOf(body).some((named) => named !== uid)) throw invalidMember('sub', `is not about ${uid}`);
          const members = personOfUserinfo(body);
          const path = paths.person(uid);
          const changed = await cis.call({ method: 'PATCH', path, body: { ...members, otherClaims: null } });
          const answer =
            changed.status === 404
              ? await cis.call({ method: 'POST', path: paths.people, body: { uid, ...members } })
              : changed;
          if (answer.status >= 300) return relayed(answer);
          const mapped = userinfoDocument(answer.body as Person);
          const otherClaims = unmappedClaims(body, mapped, parseJsonObject(request.body));
          if (Object.keys(otherClaims).length === 0) return relayed(answer);
          const final = await cis.call({ method: 'PATCH', path, body: { otherClaims } });
          return relayed(final.status === 200 ? { ...final, status: answer.status } : final);
        },
      }),
    ];
  },
};
