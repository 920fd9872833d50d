import { type Answer, json } from '@alongside/kernel/answer';
import type { ErrorFormat, HttpRequest, Route } from '@alongside/kernel/http';
import { route, withoutMethodErrors } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { z } from 'zod';
import { AnonymousRows } from '../../../oauth/network-limit.ts';
import { SingleUse } from '../../../storage/single-use.ts';
import {
  type Administrator,
  type AdministratorKey,
  Administrators,
  actorOf,
  type Invited,
  newAdministrator,
} from '../../model/administrators/administrators.ts';
import { Admission } from '../../model/administrators/admission.ts';
import { AdministratorSessions } from '../../model/administrators/sessions.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { errors } from '../../model/errors.ts';
import { parseObject, readShape } from '../../model/request.ts';
import { signInChallenge } from '../../service/guard.ts';
import {
  confirmPage,
  expiredInvitationPage,
  invitationPage,
  signInMissingPage,
  signInPage,
} from './pages.ts';
import { invitationToken, joinBody, Passkeys, signInBody } from './passkeys.ts';

interface SignInServices extends Pick<ConsoleContext, 'audit'> {
  anonymousRows: AnonymousRows;
  administrators: Administrators;
  sessions: AdministratorSessions;
  passkeys: Passkeys;
}

interface Start<Params = unknown> {
  request: HttpRequest<Params>;
  services: SignInServices;
}
interface WithJoinBody {
  body: z.output<typeof joinBody>;
}
interface WithSignInBody {
  body: z.output<typeof signInBody>;
}
interface WithInvited {
  invited: Invited;
}
interface WithKey {
  administrator: Administrator;
  key: AdministratorKey;
}

const signedIn = (cookie: string): Answer => json(200, { next: '/' }, { 'set-cookie': cookie });

/** Limits the challenges of a network. Each page and each refusal stores one. */
const limitChallenges = check(
  'rate-limit',
  async function limitChallenges({ request, services }: Start): Promise<void> {
    if (!(await services.anonymousRows.admits(request.address)))
      throw errors.tooManyRequests('the network made too many challenges');
  },
);

type Limited<Params = unknown> = Start<Params> & Passed<'rate-limit'>;

async function showSignIn({ services }: Limited): Promise<Answer> {
  return signInPage(await services.passkeys.requestOptions());
}

/** Shows an invitation without spending it, because programs open links too. */
async function showInvitation({ request, services }: Limited<{ token: string }>): Promise<Answer> {
  const token = invitationToken.safeParse(request.params.token).data;
  const invited = token === undefined ? undefined : await services.administrators.invited(token);
  if (token === undefined || invited === undefined) return expiredInvitationPage();
  return invitationPage(invited, token, await services.passkeys.creationOptions(newAdministrator(invited)));
}

async function readJoinBody({ request }: Limited): Promise<WithJoinBody> {
  return { body: readShape(joinBody, parseObject(request.body)) };
}

const checkInvitation = check(
  'invitation',
  async function checkInvitation({ services, body }: Start & WithJoinBody): Promise<WithInvited> {
    const invited = await services.administrators.invited(body.token);
    if (invited === undefined) throw errors.invitationSpent('unknown, used or over');
    return { invited };
  },
);

const checkNewPasskey = check(
  'passkey',
  async function checkNewPasskey({
    services: { passkeys },
    body,
    invited,
  }: Start & WithJoinBody & WithInvited): Promise<WithKey> {
    const result = await passkeys.register(body.response);
    if ('key' in result) return { administrator: { ...invited, id: result.id }, key: result.key };
    const options = await passkeys.creationOptions(newAdministrator(invited));
    throw errors.passkeyRefused(result.refused, { options });
  },
);

async function join({
  services: { administrators, sessions, audit },
  body,
  administrator,
  key,
}: Start & WithJoinBody & WithKey & Passed<'invitation' | 'passkey'>): Promise<Answer> {
  const { statements, cookie } = sessions.begin(administrator);
  const record = audit.recordStatement({
    actor: actorOf(administrator),
    action: 'administrator.joined',
    target: administrator.id,
    outcome: 'ok',
  });
  if (!(await administrators.join(body.token, administrator, key, [...statements, record])))
    throw errors.invitationSpent(
      'another request used the invitation, or the passkey belongs to another administrator',
    );
  return signedIn(cookie);
}

async function readSignInBody({ request }: Limited): Promise<WithSignInBody> {
  return { body: readShape(signInBody, parseObject(request.body)) };
}

/** Name of the sum of refusals of unproven callers. */
const signInCounter = 'console-sign-in';

async function findKey({ request, services, body }: Start & WithSignInBody): Promise<WithKey> {
  const { administrators, passkeys, audit } = services;
  const found = await administrators.byKey(body.response.id);
  if (found) return found;
  audit.countUnproven(signInCounter, request.address);
  throw errors.passkeyUnknown('no administrator has this passkey', {
    options: await passkeys.requestOptions(),
  });
}

const checkPasskey = check(
  'passkey',
  async function checkPasskey({
    request,
    services: { passkeys, audit },
    body,
    administrator,
    key,
  }: Start & WithSignInBody & WithKey): Promise<{ counter: number }> {
    const result = await passkeys.verify(body.response, administrator, key);
    if ('counter' in result) return result;
    audit.countUnproven(signInCounter, request.address);
    throw errors.passkeyRefused(result.refused, { options: await passkeys.requestOptions() });
  },
);

async function signIn({
  services: { administrators, sessions, passkeys, audit },
  administrator,
  key,
  counter,
}: Start & WithKey & { counter: number } & Passed<'passkey'>): Promise<Answer> {
  const entry = {
    actor: actorOf(administrator),
    action: 'administrator.signed-in',
    target: administrator.id,
  } as const;
  const { statements, cookie } = sessions.begin(administrator);
  const record = audit.recordStatement({ ...entry, outcome: 'ok' });
  if (await administrators.useKey(key, counter, [...statements, record])) return signedIn(cookie);
  await audit.recordAlone({ ...entry, outcome: 'refused' });
  throw errors.passkeyRefused('used or removed meanwhile', { options: await passkeys.requestOptions() });
}

/** Returns the page of the console that needed the passkey. */
function nextOf({ query }: HttpRequest): string {
  const next = new URLSearchParams(query).get('next') ?? '';
  return /^(\/[\w.-]{1,100}){1,5}$/.test(next) ? next : '/';
}

async function showConfirm({ request, services: { sessions, passkeys } }: Limited): Promise<Answer> {
  if (!(await sessions.find(request))) return signInMissingPage('/sign-in').with(signInChallenge);
  return confirmPage(await passkeys.requestOptions(), nextOf(request));
}

/** Another administrator's passkey does not confirm. */
const checkOwnSession = check(
  'session',
  async function checkOwnSession({
    request,
    services: { sessions, passkeys },
    administrator,
  }: Start & WithKey): Promise<void> {
    const session = await sessions.find(request);
    if (!session) throw errors.signInMissing('no session', { sign_in: '/sign-in' });
    if (session.administrator.id !== administrator.id)
      throw errors.passkeyRefused('the passkey belongs to another administrator', {
        options: await passkeys.requestOptions(),
      });
  },
);

async function confirm({
  request,
  services: { administrators, sessions, passkeys, audit },
  administrator,
  key,
  counter,
}: Start & WithKey & { counter: number } & Passed<'passkey' | 'session'>): Promise<Answer> {
  const entry = {
    actor: actorOf(administrator),
    action: 'administrator.passkey',
    target: administrator.id,
  } as const;
  const statements = [
    ...sessions.passkeyStatements(request),
    audit.recordStatement({ ...entry, outcome: 'ok' }),
  ];
  if (await administrators.useKey(key, counter, statements)) return json(200, { next: nextOf(request) });
  await audit.recordAlone({ ...entry, outcome: 'refused' });
  throw errors.passkeyRefused('used or removed meanwhile', { options: await passkeys.requestOptions() });
}

async function signOut({ request, services: { sessions, audit } }: Start): Promise<Answer> {
  const { administrator } = (await sessions.find(request)) ?? {};
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
}

const invitation = steps<Start<{ token: string }>>('console.invitation')
  .step(limitChallenges)
  .step(showInvitation);

const joining = steps<Start>('console.join')
  .step(limitChallenges)
  .step(readJoinBody)
  .step(checkInvitation)
  .step(checkNewPasskey)
  .step(join);

const signInForm = steps<Start>('console.sign-in-page').step(limitChallenges).step(showSignIn);

const signingIn = steps<Start>('console.sign-in')
  .step(limitChallenges)
  .step(readSignInBody)
  .step(findKey)
  .step(checkPasskey)
  .step(signIn);

const signingOut = steps<Start>('console.sign-out').step(signOut);

const confirmForm = steps<Start>('console.confirm-page').step(limitChallenges).step(showConfirm);

const confirming = steps<Start>('console.confirm')
  .step(limitChallenges)
  .step(readSignInBody)
  .step(findKey)
  .step(checkOwnSession)
  .step(checkPasskey)
  .step(confirm);

/** Creates the sign-in of administrators in production. */
export function createAdmission(
  { database, clock, audit, urls, operatorHash, networkLimits, log }: ConsoleContext,
  errors: ErrorFormat,
): { admission: Admission; routes: Route[] } {
  const sessions = new AdministratorSessions(database, clock, urls.console);
  const services: SignInServices = {
    audit,
    sessions,
    administrators: new Administrators(database, clock),
    anonymousRows: new AnonymousRows({ database, clock }, 'console', networkLimits),
    passkeys: new Passkeys(new SingleUse(database, clock), urls.console),
  };
  const serve = <Params>(list: { run(start: Start<Params>): Promise<Answer> }) => ({
    endpoint: (request: HttpRequest<Params>) => list.run({ request, services }),
    errors,
  });
  return {
    admission: new Admission(clock, sessions, audit, operatorHash, `${urls.console}/sign-in`, log),
    routes: withoutMethodErrors([
      ...route('/invite/:token', { GET: serve(invitation) }),
      ...route('/invite', { POST: serve(joining) }),
      ...route('/sign-in', { GET: serve(signInForm), POST: serve(signingIn) }),
      ...route('/confirm', { GET: serve(confirmForm), POST: serve(confirming) }),
      ...route('/sign-out', { POST: serve(signingOut) }),
    ]),
  };
}
