import { type Answer, json } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { orderedId, uuid } from '@alongside/kernel/ids';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import type { JwtClaims } from '@alongside/kernel/jws';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Person } from '../../cis/protocol.ts';
import { bestSignIn } from '../../oauth/sign-in-levels.ts';
import {
  applicationMarker,
  readProducts,
  requireApproval,
  requireSubscription,
  scopesAt,
  type WithClient,
  type WithProducts,
} from '../application/client.ts';
import type { Base } from '../base.ts';
import { errors as published } from '../errors.ts';
import {
  type Attributes,
  accessLifetime,
  applicationAttributes,
  Issuer,
  roleIdsAttribute,
  userAttributes,
} from '../issue.ts';
import { tokensAnswer as nhsAnswer, applicationAnswer as nhsApplicationAnswer } from '../nhs/grants/grant.ts';
import type { PlatformParts } from '../parts.ts';
import type { MintRequest } from '../protocol.ts';
import { AccessTokens, tokensAnswer as standardAnswer } from '../standard/access-tokens.ts';
import { rulesOf } from '../standard/profile.ts';
import { type ConsoleCall, requireConsole } from './caller.ts';
import { errors } from './errors.ts';

interface WithOrder {
  order: MintRequest;
}
interface MintCall extends ConsoleCall {
  personSource: NonNullable<PlatformParts['personSource']>;
}
interface WithServer {
  server: { base: Base; parts: PlatformParts };
}
interface WithHolder {
  /** The person in the directory, the NHS number of a citizen, or undefined for the application itself. */
  holder: Person | string | undefined;
}
interface WithSignIn {
  /** Null for an application itself. */
  uid: string | null;
  /** A new session, which a logout token can end; null for an application itself. */
  sid: string | null;
  attributes: Attributes;
  scope: string[];
  level: string;
  /** Milliseconds; null without a refresh token. */
  refreshLifetime: number | null;
}

const texts = ['person', 'citizen', 'application', 'base'];
const longest = 200;

/** Reads the body, which has only known members with text values. */
async function readOrder({ request }: { request: HttpRequest }): Promise<WithOrder> {
  let body: JsonObject;
  try {
    body = parseJsonObject(request.body);
  } catch (error) {
    throw errors.requestInvalid(reasonOf(error), {}, error);
  }
  for (const [name, value] of Object.entries(body))
    if (!texts.includes(name) || typeof value !== 'string' || value.length > longest)
      throw errors.requestInvalid(`${name.slice(0, 100)} is unknown, not text, or too long`);
  const { person, citizen, application, base } = body as Partial<Record<string, string>>;
  if (!application) throw errors.requestInvalid('application is needed');
  if (person !== undefined && citizen !== undefined)
    throw errors.requestInvalid('person and citizen exclude each other');
  if (citizen !== undefined && !/^\d{10}$/.test(citizen))
    throw errors.requestInvalid('citizen is not an NHS number of ten digits');
  return {
    order: {
      application,
      ...(person !== undefined && { person }),
      ...(citizen !== undefined && { citizen }),
      ...(base !== undefined && { base }),
    },
  };
}

async function findApplication({
  console: { bases, parts },
  order,
}: ConsoleCall & WithOrder): Promise<WithClient & WithServer> {
  const application = await parts.applications.get(order.application);
  const registration = application?.platform;
  if (!registration)
    throw errors.applicationUnknown(`no application ${order.application} is registered at the platform`);
  const base = bases.find(({ path, serves }) =>
    order.base === undefined ? serves.includes(registration.profile) : path === order.base,
  );
  if (!base?.serves.includes(registration.profile))
    throw errors.baseUnknown(`${order.base ?? 'no base path'} is of the profile ${registration.profile}`);
  if (base.profile !== 'nhs' && rulesOf(registration).senderConstraint === 'required')
    throw errors.tokensBound(`${application.name} is of the profile ${registration.profile}`);
  const client = await parts.clients.of(registration.clientId);
  if (!client) throw errors.applicationUnknown(`the application ${order.application} was removed`);
  return { client, server: { base, parts } };
}

async function findHolder({ personSource, order }: MintCall & WithOrder): Promise<WithHolder> {
  if (order.person === undefined) return { holder: order.citizen };
  const person = await personSource(order.person).catch((error: unknown) => {
    throw errors.directoryFailed(reasonOf(error), {}, error);
  });
  if (!person) throw errors.personUnknown(`CIS does not know ${order.person}`);
  if (person.disabled) throw errors.personDisabled(`${order.person} is disabled`);
  return { holder: person };
}

/** Returns the ID token claims of the person's strongest sign-in. A person with one role has it selected. */
const claimsOf = (person: Person): JwtClaims => ({
  sub: person.uid,
  ...bestSignIn(person.authenticators),
  id_assurance_level: person.idAssuranceLevel,
  selected_roleid: person.roles.length === 1 ? person.roles[0]?.roleId : undefined,
});

/** Returns the ID token claims of a citizen with proven identity. */
const citizenClaims = (number: string): JwtClaims => ({
  sub: number,
  nhs_number: number,
  identity_proofing_level: 'P9',
  vot: 'P9.Cp.Cd',
});

/** Returns the attributes and scopes as after a combined sign-in or a client credentials request. */
async function signIn({
  server: { base, parts },
  holder,
  products,
}: WithServer & WithProducts & WithHolder): Promise<WithSignIn> {
  const names = products.map(({ name }) => name).join(', ') || 'no product';
  if (holder === undefined) {
    const scope = scopesAt(products, applicationMarker);
    if (scope.length === 0) throw published.noScope(`no scope of ${names} is for applications`);
    return {
      uid: null,
      sid: null,
      attributes: applicationAttributes,
      scope,
      level: 'level3',
      refreshLifetime: null,
    };
  }
  const isCitizen = typeof holder === 'string';
  const upstream = isCitizen ? base.upstreams.find(({ id }) => id === 'nhs-login') : base.upstreams[0];
  if (!upstream) throw errors.baseUnknown(`${base.path} has no provider for citizens`);
  const claims = { iss: upstream.issuer, ...(isCitizen ? citizenClaims(holder) : claimsOf(holder)) };
  const level = upstream.levelOf(claims);
  const scope = level ? scopesAt(products, level.marker) : [];
  if (!level || scope.length === 0)
    throw published.noScope(`no scope of ${names} is of the level ${level?.name ?? 'none'}`);
  const { refreshLifetime } = upstream;
  const sid = uuid();
  const idToken = (!isCitizen && upstream.isOwn && (await parts.idTokenSource?.(holder, sid))) || null;
  const attributes = userAttributes({ idToken, claims, upstream, level }, 'authorization_code', parts.vault);
  const user = { sid, scope, level: level.name, refreshLifetime };
  if (isCitizen) return { ...user, uid: holder, attributes };
  const roleIds = holder.roles.map(({ roleId }) => roleId).join(' ');
  return { ...user, uid: holder.uid, attributes: { ...attributes, [roleIdsAttribute]: roleIds } };
}

type CheckedCall = WithServer &
  WithProducts &
  WithSignIn & { request: HttpRequest } & Passed<'console' | 'client-approval' | 'subscription'>;

async function giveTokens(known: CheckedCall): Promise<Answer> {
  const {
    request,
    server: { base, parts },
    client,
    uid,
    sid,
    attributes,
    scope,
    level,
    refreshLifetime,
  } = known;
  const { database, recorder } = parts;
  const issuer = new Issuer(base, parts);
  const granted = {
    applicationId: client.application.id,
    clientId: client.registration.clientId,
    family: orderedId(),
    uid,
    sid,
    scope,
    attributes,
  };
  // Opaque or a JWT, by the registration, like the token of a sign-in.
  const access =
    base.profile === 'nhs'
      ? issuer.access(granted, accessLifetime)
      : await new AccessTokens(base, parts).issue(client.registration, granted, {
          lifetime: accessLifetime,
          resources: [],
          confirmation: null,
        });
  const refresh =
    refreshLifetime === null
      ? undefined
      : issuer.firstRefresh(granted, { refresh: refreshLifetime, validity: refreshLifetime });
  await database.batch(issuer.writeStatements(request, granted, access, refresh));
  recorder.record({
    lasting: granted.family,
    from: 'console',
    to: 'authorisation',
    name: 'authorisation.mint',
    detail: { client: client.application.name, level, scope: scope.join(' ') },
  });
  if (base.profile !== 'nhs')
    return json(200, standardAnswer(issuer, { access, refresh, scope: scope.join(' '), confirmation: null }));
  return json(
    200,
    refresh
      ? nhsAnswer(base, issuer, { access, refresh, sid: granted.sid })
      : nhsApplicationAnswer(issuer, access, parts.clock),
  );
}

/** `POST /authorisation/tokens`: issues tokens without a browser, to test an API alone. Development only. */
export const mint = steps<MintCall>('authorisation.mint')
  .step(requireConsole)
  .step(readOrder)
  .step(findApplication)
  .step(findHolder)
  .step(check('client-approval', requireApproval))
  .step(readProducts)
  .step(check('subscription', requireSubscription))
  .step(signIn)
  .step(giveTokens);
