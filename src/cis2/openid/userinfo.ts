import { Answer, json } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import type { Person } from '../../cis/protocol.ts';
import type { Profile } from '../../oauth/applications.ts';
import {
  checkSender,
  findToken,
  findTokenClient,
  readToken,
  type WithRecord,
} from '../../oauth/server/userinfo.ts';
import type { TokenRecord } from '../../oauth/token-records.ts';
import { noFault } from '../../storage/faults.ts';
import { tokenErrors } from '../errors/token.ts';
import { userinfoFaults } from '../faults/document-faults.ts';
import { partyOf } from '../model/relying-party.ts';
import { namedInUserinfo } from '../model/token-facts.ts';
import { userinfoClaims } from './claims/claims.ts';
import type { ServerCall, WithRelyingParty } from './server.ts';

const findPerson = check(
  'user',
  async function findPerson({ record, server: { cis } }: ServerCall & WithRecord) {
    const person = record.uid === null ? undefined : await cis.person(record.uid);
    if (!person || person.disabled) throw tokenErrors.accessTokenInvalid('its user is gone or disabled');
    return { person };
  },
);

const claimsFor = (
  person: Person,
  record: TokenRecord,
  { asNumbers, profile }: AnswerOptions,
): Record<string, unknown> =>
  userinfoClaims(person, {
    profile,
    scope: record.scope.split(' '),
    names: namedInUserinfo(record),
    roleId: record.attributes.selected_roleid ?? null,
    asNumbers,
  });

interface AnswerOptions {
  /** Whether assurance levels are numbers. */
  asNumbers: boolean;
  profile: Profile;
}

/** Maximum number of cached responses about one person. */
const maxAnswers = 20;

/** The unsigned responses about each person. A person who changed is another object. */
const answers = new WeakMap<Person, Map<string, Answer>>();

/** Returns the unsigned response. All that it depends on, besides the person, is in its key. */
function unsignedAnswer(person: Person, record: TokenRecord, options: AnswerOptions): Answer {
  const { claims = '', selected_roleid: role = '' } = record.attributes;
  const key = `${options.asNumbers}\n${options.profile}\n${record.scope}\n${claims}\n${role}`;
  const known = answers.get(person) ?? new Map<string, Answer>();
  const answer = known.get(key) ?? json(200, claimsFor(person, record, options));
  if (known.size >= maxAnswers) known.clear();
  known.set(key, answer);
  answers.set(person, known);
  return answer;
}

type Checked = Passed<'access-token' | 'client' | 'sender-constraint' | 'user'>;

async function answerClaims(
  call: ServerCall & WithRecord & WithRelyingParty & { person: Person } & Checked,
): Promise<Answer> {
  const { record, person, client, server, request } = call;
  const { issuer, keys, recorder, urls, faults, idTokens } = server;
  const { application, registration } = client;
  const options = { asNumbers: idTokens.assuranceAsNumbers, profile: registration.profile };
  const active = (await faults?.happening(userinfoFaults)) ?? noFault;
  recorder.record(
    {
      lasting: record.family,
      from: partyOf(registration, urls),
      to: 'cis2',
      name: 'cis2.userinfo',
      detail: { client: application.name, scope: record.scope },
    },
    request.activity,
  );
  const algorithm = registration.userinfoSigningAlg;
  if (algorithm === null && active.length === 0) return unsignedAnswer(person, record, options);
  const right = claimsFor(person, record, options);
  const claims = active.reduce((before, fault) => fault.spoil(before), right);
  if (algorithm === null) return json(200, claims);
  // The published signed response omits the audience that OpenID Connect Core section 5.3.2 requires.
  const audience = registration.profile === 'nhs' ? {} : { aud: registration.clientId };
  const jwt = await keys.sign({ ...claims, iss: issuer, ...audience }, { algorithm });
  return new Answer(200, { 'content-type': 'application/jwt', 'cache-control': 'no-store' }, jwt);
}

/** `GET` and `POST /userinfo` (OpenID Connect Core section 5.3). */
export const userinfo = steps<ServerCall>('cis2.userinfo')
  .step(readToken)
  .step(findToken)
  .step(findTokenClient)
  .step(checkSender)
  .step(findPerson)
  .step(answerClaims);
