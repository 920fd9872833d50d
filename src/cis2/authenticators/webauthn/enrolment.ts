import type { Answer } from '@alongside/kernel/answer';
import type { Log } from '@alongside/kernel/log';
import { steps } from '@alongside/kernel/steps';
import type { Enrolment, EnrolmentContext } from '../../enrolment/enrolment.ts';
import { labelOf } from '../../enrolment/label.ts';
import { formOf } from '../../model/form.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import { type Ceremony, creationOptions, credentialWithId, spendChallenge } from './ceremony.ts';
import { importKey, revealKey } from './import.ts';
import { webAuthnCreationPage } from './page.ts';
import { levelAtBest } from './policy.ts';
import { type Attestation, type ClientData, clientDataOf, readAttestation } from './response.ts';
import type { WebAuthnBody, WebAuthnKind } from './variants.ts';
import { verifyAttestation } from './verify.ts';

const { webAuthn: says } = words;

interface Parts {
  ceremony: Ceremony;
  log: Log;
  development: boolean;
}

interface Sat {
  context: EnrolmentContext;
}

interface Answered extends Sat {
  attestation: Attestation;
  clientData: ClientData;
}

async function showCreation(
  { ceremony, development }: Parts,
  kind: WebAuthnKind,
  { pending, person, path, request }: EnrolmentContext,
  problem = '',
): Promise<Answer> {
  return webAuthnCreationPage({
    kind,
    personName: person.displayName,
    label: labelOf(formOf(request).get('label'), kind.label),
    options: await creationOptions(ceremony, kind, pending.id, person),
    action: path('answer'),
    problem,
    development,
  });
}

type Again = (context: EnrolmentContext, sentence: string, detail: string) => Promise<Answer>;

const readAnswer = (refuse: Again) =>
  async function readAnswer({ context }: Sat): Promise<Answer | Omit<Answered, 'context'>> {
    const attestation = readAttestation(formOf(context.request).get('response') ?? '');
    const clientData = attestation && clientDataOf(attestation);
    if (attestation && clientData) return { attestation, clientData };
    return refuse(context, says.malformed, 'the form holds no attestation of this page');
  };

/** Any answer spends its challenge, right or wrong: none is tried twice. */
const spend = ({ ceremony }: Parts, refuse: Again) =>
  async function spend({ context, clientData }: Answered): Promise<Answer | undefined> {
    if (!(await spendChallenge(ceremony.singleUse, clientData.challenge, context.pending.id)))
      return refuse(context, says.tooLate, 'the challenge is old, used, or of another enrolment');
    if (clientData.framed) return refuse(context, says.notAdded, 'the page stood within another site');
    return undefined;
  };

const verify = ({ ceremony }: Parts, refuse: Again) =>
  async function verify({
    context,
    attestation,
    clientData,
  }: Answered): Promise<Answer | { body: WebAuthnBody }> {
    const ceiling = context.pending.ceiling === 3 ? 3 : 2;
    const verified = await verifyAttestation(ceremony, attestation, clientData.challenge, ceiling);
    if ('body' in verified) return verified;
    return refuse(context, says.notAdded, verified.refused);
  };

/** No two people share a credential (WebAuthn section 7.1, "verify that the credentialId is not yet registered"). */
const refuseKnown = ({ ceremony }: Parts, refuse: Again) =>
  async function refuseKnown({ context, attestation }: Answered): Promise<Answer | undefined> {
    if (!(await credentialWithId(ceremony, attestation.id))) return undefined;
    return refuse(context, says.notAdded, 'somebody has a credential with this id');
  };

const add = ({ ceremony }: Parts, kind: WebAuthnKind) =>
  async function add({ context, attestation, body }: Answered & { body: WebAuthnBody }): Promise<Answer> {
    const third = levelAtBest(kind, body, ceremony.policy) === 3;
    const draft = {
      label: labelOf(formOf(context.request).get('label'), kind.label),
      lookup: attestation.id,
      body,
    };
    return context.complete(draft, {
      note: third ? says.addedThird : says.addedSecond,
      // Two enrolments of one credential in the same moment: one wins.
      spends: [ceremony.singleUse.claimStatement('cis2-webauthn-id', attestation.id, 900_000)],
    });
  };

/** How a person is given a WebAuthn credential of one kind. */
export function webAuthnEnrolment(kind: WebAuthnKind, parts: Parts): Enrolment {
  const { ceremony, log } = parts;
  const refuse: Again = (context, sentence, detail) => {
    log.info({ id: context.request.id, kind: kind.id, detail }, 'a WebAuthn registration was refused');
    return showCreation(parts, kind, context, filled(sentence, { thing: kind.thing }));
  };
  const list = steps<Sat>()
    .step(readAnswer(refuse))
    .step(spend(parts, refuse))
    .step(verify(parts, refuse))
    .step(refuseKnown(parts, refuse))
    .step(add(parts, kind));
  return {
    kind: kind.id,
    label: kind.label,
    hint: kind.enrolmentHint,
    level: kind.best(ceremony.policy),
    levelOf: ({ body }) => levelAtBest(kind, body as WebAuthnBody, ceremony.policy),
    reveal: (credential, secret) => revealKey(ceremony.party, credential, secret),
    importCredential: (body) => importKey(kind, body),
    begin: (context) => showCreation(parts, kind, context),
    routes: [{ method: 'POST', path: 'answer', run: (context) => list.run({ context }) }],
  };
}
