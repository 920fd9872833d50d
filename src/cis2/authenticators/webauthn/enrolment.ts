import type { Answer } from '@alongside/kernel/answer';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { type Enrolment, type EnrolmentContext, labelOf } from '../../enrolment/enrolment.ts';
import { formOf } from '../../responses/own-form.ts';
import { filled } from '../../text/words.ts';
import { type Ceremony, creationOptions, credentialWithId, spendChallenge } from './ceremony.ts';
import { importKey, revealKey } from './import.ts';
import { webAuthnCreationPage } from './page.ts';
import { levelAtBest } from './policy.ts';
import { type Attestation, type ClientData, clientDataOf, readAttestation } from './response.ts';
import { webAuthnText as text } from './text.ts';
import type { WebAuthnBody, WebAuthnVariant } from './variants.ts';
import { verifyAttestation } from './verify.ts';

interface EnrolmentCall {
  ceremony: Ceremony;
  variant: WebAuthnVariant;
  context: EnrolmentContext;
}

interface WithAttestation extends EnrolmentCall {
  attestation: Attestation;
  clientData: ClientData;
}

async function showCreation(
  { ceremony, variant, context: { pending, person, path, request } }: EnrolmentCall,
  problem = '',
): Promise<Answer> {
  const page = {
    variant,
    options: await creationOptions(ceremony, variant, pending.id, person),
    action: path('answer'),
    problem,
    development: ceremony.development,
  };
  return webAuthnCreationPage(page, person.displayName, labelOf(formOf(request).get('label'), variant.label));
}

/** Shows the page again with a new challenge. The reason goes to the log only. */
function refuse(call: EnrolmentCall, sentence: string, detail: string): Promise<Answer> {
  const { ceremony, variant, context } = call;
  ceremony.log.info(
    { id: context.request.id, kind: variant.id, detail },
    'a WebAuthn registration was refused',
  );
  return showCreation(call, filled(sentence, { thing: variant.thing }));
}

async function readResponse(call: EnrolmentCall) {
  const attestation = readAttestation(formOf(call.context.request).get('response') ?? '');
  const clientData = attestation && clientDataOf(attestation);
  if (attestation && clientData) return { attestation, clientData };
  return refuse(call, text.malformed, 'the form contains no attestation of this page');
}

/** Spends the challenge, whether or not the response is valid, so no challenge can be tried twice. */
const checkChallenge = check('challenge', async function checkChallenge(call: WithAttestation) {
  const { ceremony, context, clientData } = call;
  if (!(await spendChallenge(ceremony.singleUse, clientData.challenge, context.pending.id)))
    return refuse(call, text.tooLate, 'the challenge is expired, used, or of another enrolment');
  return undefined;
});

const checkTopFrame = check('top-frame', async function checkTopFrame(call: WithAttestation) {
  return call.clientData.framed ? refuse(call, text.notAdded, 'another site framed the page') : undefined;
});

const checkAttestation = check('attestation', async function checkAttestation(call: WithAttestation) {
  const { ceremony, context, attestation, clientData } = call;
  const ceiling = context.pending.ceiling === 3 ? 3 : 2;
  const result = await verifyAttestation(ceremony, attestation, clientData.challenge, ceiling);
  return 'body' in result ? result : refuse(call, text.notAdded, result.refused);
});

/** Two users never share a credential (WebAuthn section 7.1, "verify that the credentialId is not yet registered"). */
const checkUnregistered = check('unregistered', async function checkUnregistered(call: WithAttestation) {
  if (!(await credentialWithId(call.ceremony, call.attestation.id))) return undefined;
  return refuse(call, text.notAdded, 'a credential with this id is registered');
});

async function addCredential({
  ceremony,
  variant,
  context,
  attestation,
  body,
}: WithAttestation & { body: WebAuthnBody } & Passed<
    'challenge' | 'top-frame' | 'attestation' | 'unregistered'
  >): Promise<Answer> {
  const third = levelAtBest(variant, body, ceremony.policy) === 3;
  const label = labelOf(formOf(context.request).get('label'), variant.label);
  return context.complete(
    { label, lookup: attestation.id, body },
    {
      note: third ? text.addedThird : text.addedSecond,
      // Of concurrent enrolments of one credential, one wins.
      spends: [ceremony.singleUse.claimStatement('cis2-webauthn-id', attestation.id, 900_000)],
    },
  );
}

const answerSteps = steps<EnrolmentCall>('cis2.webauthn-enrolment')
  .step(readResponse)
  .step(checkChallenge)
  .step(checkTopFrame)
  .step(checkAttestation)
  .step(checkUnregistered)
  .step(addCredential);

export function webAuthnEnrolment(variant: WebAuthnVariant, ceremony: Ceremony): Enrolment {
  const { party, policy } = ceremony;
  return {
    kind: variant.id,
    label: variant.label,
    hint: variant.enrolmentHint,
    level: variant.best(policy),
    levelOf: ({ body }) => levelAtBest(variant, body as WebAuthnBody, policy),
    reveal: (credential, secret) => revealKey(party, credential, secret),
    importCredential: (body) => importKey(variant, body),
    begin: (context) => showCreation({ ceremony, variant, context }),
    routes: [
      { method: 'POST', path: 'answer', run: (context) => answerSteps.run({ ceremony, variant, context }) },
    ],
  };
}
