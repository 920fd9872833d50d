import { json, noContent } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { parseJsonObject } from '@alongside/kernel/json';
import { z } from 'zod';
import { type Person, paths } from '../../cis/protocol.ts';
import { type ApiCall, apiPath, defineCall } from '../api/call.ts';
import type { CisDirectory } from '../cis-directory.ts';
import { errors } from '../errors.ts';
import { relayed } from '../neighbour.ts';
import { claimsBeyond, personOfUserinfo, uidsOf, userinfoShape } from '../person-of-userinfo.ts';
import { userinfoDocument } from '../userinfo-document.ts';

const query = z.strictObject({
  persona: z.string().max(40).optional(),
  after: z.string().max(12).optional().describe('The "next" of the page before'),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number')
    .optional(),
});

/** CIS knows which members a person has; what does not fit it refuses with field and problem. */
const person = z.looseObject({ uid: z.string().optional(), persona: z.string().nullable().optional() });
const patch = z.looseObject({});

const expectedBy = ({ headers }: HttpRequest) =>
  headers['if-match'] === undefined ? {} : { ifMatch: headers['if-match'] };

/** `/people`: the directory of CIS. A person is named by uid or persona. */
export function peopleCalls({ cis }: { cis: CisDirectory }): ApiCall[] {
  const pathOf = async (name: string) => paths.person(await cis.uidOf(name));

  return [
    defineCall({
      method: 'GET',
      path: '/people',
      summary: 'People by uid',
      query,
      answers: { 200: 'People, and "next" where there are more' },
      handle: async ({ query: asked }) =>
        relayed(
          await cis.call({ method: 'GET', path: `${paths.people}?${new URLSearchParams({ ...asked })}` }),
        ),
    }),
    defineCall({
      method: 'POST',
      path: '/people',
      summary: 'Adds a person',
      body: person,
      answers: {
        201: 'The person',
        409: 'The uid or persona is taken',
        422: 'A member does not fit: "field" and "problem"',
      },
      async handle({ body }) {
        const answer = await cis.call({ method: 'POST', path: paths.people, body });
        const uid = (answer.body as { uid?: unknown } | undefined)?.uid;
        return relayed(answer, answer.status === 201 ? { location: `${apiPath}/people/${String(uid)}` } : {});
      },
    }),
    defineCall({
      method: 'GET',
      path: '/people/{uid}',
      summary: 'A person',
      answers: { 200: 'The person; ETag', 404: 'Nobody has this uid or persona' },
      handle: async ({ part }) => relayed(await cis.call({ method: 'GET', path: await pathOf(part('uid')) })),
    }),
    defineCall({
      method: 'PATCH',
      path: '/people/{uid}',
      summary: 'Changes a person by a JSON merge patch (RFC 7396)',
      body: patch,
      answers: {
        200: 'The person after it; ETag',
        404: 'Nobody has this uid or persona',
        412: 'If-Match names another revision',
        422: 'A member does not fit',
      },
      async handle({ request, part, body }) {
        return relayed(
          await cis.call({ method: 'PATCH', path: await pathOf(part('uid')), body, ...expectedBy(request) }),
        );
      },
    }),
    defineCall({
      method: 'DELETE',
      path: '/people/{uid}',
      summary: 'Removes a person',
      answers: {
        204: 'Nobody has this uid any more',
        404: 'Nobody had it',
        412: 'If-Match names another revision',
      },
      async handle({ request, part }) {
        const answer = await cis.call({
          method: 'DELETE',
          path: await pathOf(part('uid')),
          ...expectedBy(request),
        });
        return answer.status === 204 ? noContent() : relayed(answer);
      },
    }),
    defineCall({
      method: 'GET',
      path: '/people/{uid}/userinfo',
      summary: 'The person as a complete userinfo document',
      answers: { 200: 'The document', 404: 'Nobody has this uid or persona' },
      async handle({ part }) {
        const found = await cis.call({ method: 'GET', path: await pathOf(part('uid')) });
        if (found.status !== 200) throw errors.notFound(`CIS answered ${found.status}`);
        return json(200, userinfoDocument(found.body as Parameters<typeof userinfoDocument>[0]));
      },
    }),
    defineCall({
      method: 'PUT',
      path: '/people/{uid}/userinfo',
      summary: 'Makes the person what a userinfo document says; one who is not there is added',
      body: userinfoShape,
      answers: {
        200: 'The person after it',
        201: 'The person, who was not there before',
        400: 'The document is of somebody else, or no userinfo document',
        422: 'A member does not fit',
      },
      async handle({ request, part, body }) {
        const uid = await cis.uidOf(part('uid'));
        if (uidsOf(body).some((named) => named !== uid)) {
          const problem = `is of somebody else than ${uid}`;
          throw errors.requestInvalid(`the document ${problem}`, { field: 'sub', problem });
        }
        const said = personOfUserinfo(body);
        const path = paths.person(uid);
        const changed = await cis.call({ method: 'PATCH', path, body: { ...said, otherClaims: null } });
        const answer =
          changed.status === 404
            ? await cis.call({ method: 'POST', path: paths.people, body: { uid, ...said } })
            : changed;
        if (answer.status >= 300) return relayed(answer);
        const own = userinfoDocument(answer.body as unknown as Person);
        const otherClaims = claimsBeyond(body, own, parseJsonObject(request.body));
        if (Object.keys(otherClaims).length === 0) return relayed(answer);
        const kept = await cis.call({ method: 'PATCH', path, body: { otherClaims } });
        return relayed(kept.status === 200 ? { ...kept, status: answer.status } : kept);
      },
    }),
  ];
}
