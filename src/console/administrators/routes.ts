import { type Answer, json } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import type { z } from 'zod';
import type { AnonymousRows } from '../../oauth/anonymous-rows.ts';
import type { AuditLog } from '../../storage/audit.ts';
import { parseObject, readShape } from '../api/request.ts';
import { errors } from '../errors.ts';
import {
  type Administrator,
  type AdministratorKey,
  type Administrators,
  actorOf,
  newAdministrator,
} from './administrators.ts';
import { invitationAnswer, invitationToken, signInAnswer } from './bodies.ts';
import { invitationPage, signInPage, spentInvitationPage } from './pages.ts';
import type { Passkeys } from './passkeys.ts';
import type { AdministratorSessions } from './sessions.ts';

interface Parts {
  anonymousRows: AnonymousRows;
  administrators: Administrators;
  sessions: AdministratorSessions;
  passkeys: Passkeys;
  audit: AuditLog;
}

interface Asked {
  request: HttpRequest;
}

type Joining = Asked & { body: z.output<typeof invitationAnswer>; name: string };
type SigningIn = Asked & { body: z.output<typeof signInAnswer> };
interface Owner {
  administrator: Administrator;
  key: AdministratorKey;
}

const admitted = (cookie: string): Answer => json(200, { next: '/' }, { 'set-cookie': cookie });

/** Each page, and each refused answer, makes a challenge. */
const limitChallenges = ({ anonymousRows }: Parts) =>
  async function limitChallenges({ request }: Asked): Promise<void> {
    if (!(await anonymousRows.admits(request.address)))
      throw errors.tooManyRequests('the network made too many challenges');
  };

/** `GET /sign-in` */
const showSignIn = ({ passkeys }: Parts) =>
  async function showSignIn(): Promise<Answer> {
    return signInPage(await passkeys.requestOptions());
  };

/** `GET /invite/{token}`: looks at the invitation and spends nothing, for programs open links too. */
const showInvitation = ({ administrators, passkeys }: Parts) =>
  async function showInvitation({ request }: Asked): Promise<Answer> {
    const token = invitationToken.safeParse(request.path.split('/')[2]).data;
    const name = token === undefined ? undefined : await administrators.invitedName(token);
    if (token === undefined || name === undefined) return spentInvitationPage();
    return invitationPage(name, token, await passkeys.creationOptions(newAdministrator(name)));
  };

const readRegistration = async ({ request }: Asked): Promise<Pick<Joining, 'body'>> => ({
  body: readShape(invitationAnswer, parseObject(request.body)),
});

const findInvitation = ({ administrators }: Parts) =>
  async function findInvitation({ body }: Pick<Joining, 'body'>): Promise<Pick<Joining, 'name'>> {
    const name = await administrators.invitedName(body.token);
    if (name === undefined) throw errors.invitationSpent('unknown, used or over');
    return { name };
  };

const register = ({ passkeys }: Parts) =>
  async function register({ body, name }: Joining): Promise<Owner> {
    const made = await passkeys.register(body.response);
    if ('key' in made) return { administrator: { id: made.id, name }, key: made.key };
    const options = await passkeys.creationOptions(newAdministrator(name));
    throw errors.passkeyRefused(made.refused, { options });
  };

const join = ({ administrators, sessions, audit }: Parts) =>
  async function join({ body, administrator, key }: Joining & Owner): Promise<Answer> {
    const { writes, cookie } = sessions.opening(administrator);
    const record = audit.recordStatement({
      actor: actorOf(administrator),
      action: 'administrator.joined',
      target: administrator.id,
      outcome: 'ok',
    });
    if (!(await administrators.join(body.token, administrator, key, [...writes, record])))
      throw errors.invitationSpent('somebody else was quicker, or the passkey is another administrator’s');
    return admitted(cookie);
  };

const readSignIn = async ({ request }: Asked): Promise<Pick<SigningIn, 'body'>> => ({
  body: readShape(signInAnswer, parseObject(request.body)),
});

/** Name under which refusals of unproven callers are summed. */
const signInCounter = 'console-sign-in';

const findKey = ({ administrators, passkeys, audit }: Parts) =>
  async function findKey({ request, body }: SigningIn): Promise<Owner> {
    const found = await administrators.byKey(body.response.id);
    if (found) return found;
    audit.countUnproven(signInCounter, request.address);
    throw errors.passkeyUnknown('nobody has this passkey', { options: await passkeys.requestOptions() });
  };

const signIn = ({ administrators, sessions, passkeys, audit }: Parts) =>
  async function signIn({ request, body, administrator, key }: SigningIn & Owner): Promise<Answer> {
    const use = await passkeys.verify(body.response, administrator, key);
    if ('refused' in use) {
      audit.countUnproven(signInCounter, request.address);
      throw errors.passkeyRefused(use.refused, { options: await passkeys.requestOptions() });
    }
    const entry = {
      actor: actorOf(administrator),
      action: 'administrator.signed-in',
      target: administrator.id,
    } as const;
    const { writes, cookie } = sessions.opening(administrator);
    const record = audit.recordStatement({ ...entry, outcome: 'ok' });
    if (await administrators.useKey(key, use.counter, [...writes, record])) return admitted(cookie);
    await audit.recordAlone({ ...entry, outcome: 'refused' });
    throw errors.passkeyRefused('used or removed meanwhile', { options: await passkeys.requestOptions() });
  };

const signOut = ({ sessions, audit }: Parts) =>
  async function signOut({ request }: Asked): Promise<Answer> {
    const administrator = await sessions.find(request);
    const records = administrator
      ? [
          audit.recordStatement({
            actor: actorOf(administrator),
            action: 'administrator.signed-out',
            target: administrator.id,
            outcome: 'ok',
          }),
        ]
      : [];
    const cookie = await sessions.end(request, ...records);
    return json(200, { next: '/sign-in' }, { 'set-cookie': cookie });
  };

/** The ways in and out of the console, for those who are not signed in. */
export function administratorRoutes(parts: Parts): Route[] {
  const asked = steps<Asked>().step(limitChallenges(parts));
  const joining = asked
    .step(readRegistration)
    .step(findInvitation(parts))
    .step(register(parts))
    .step(join(parts));
  const signingIn = asked.step(readSignIn).step(findKey(parts)).step(signIn(parts));
  const invited = asked.step(showInvitation(parts));
  const looking = asked.step(showSignIn(parts));
  const signingOut = steps<Asked>().step(signOut(parts));
  return [
    { methods: ['GET'], path: '/invite/:token', endpoint: (request) => invited.run({ request }) },
    { methods: ['POST'], path: '/invite', endpoint: (request) => joining.run({ request }) },
    { methods: ['GET'], path: '/sign-in', endpoint: (request) => looking.run({ request }) },
    { methods: ['POST'], path: '/sign-in', endpoint: (request) => signingIn.run({ request }) },
    { methods: ['POST'], path: '/sign-out', endpoint: (request) => signingOut.run({ request }) },
  ];
}
