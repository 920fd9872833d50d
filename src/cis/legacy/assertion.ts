import { randomBytes } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import type { Person, RoleProfile } from '../protocol.ts';
import type { LegacyKey } from './signer.ts';
import { escapeXml, keepLineEnds } from './xml.ts';

const namespace = 'http://www.syntegra.com';
const protocol = 'urn:oasis:names:tc:SAML:1.0:protocol';
const assertion = 'urn:oasis:names:tc:SAML:1.0:assertion';
const confirmation = 'urn:com:sun:identity';
/** Validity of an assertion before and after its issue, in milliseconds. */
const validity = { before: 180_000, after: 60_000 };

/** The contents of a role assertion. Times in milliseconds. */
export interface AssertionPlan {
  /** Public address of CIS. */
  issuer: string;
  /** Network address of the caller. */
  recipient: string;
  ticket: string;
  person: Person;
  roleId: string | null;
  training: boolean;
  authenticatedAt: number;
  at: number;
}

/** Formats a time without milliseconds, as in published assertions. */
const instant = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');

/** Writes an attribute; nothing without a value. */
function attribute(name: string, ...values: (string | undefined)[]): string {
  const given = values.filter((value) => value !== undefined && value !== '') as string[];
  if (given.length === 0) return '';
  const inner = given.map((value) => `<saml:AttributeValue>${escapeXml(value)}</saml:AttributeValue>`);
  return `<saml:Attribute AttributeName="${name}" AttributeNamespace="${namespace}">${inner.join('')}</saml:Attribute>`;
}

const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);
const codes = (list: readonly { code: string }[]) => list.map(({ code }) => code);

/** Writes the attributes of a role profile, which start with `nhsIdCode`. */
const roleBlock = (role: RoleProfile): string =>
  [
    attribute('nhsIdCode', role.orgCode),
    attribute('o', role.orgName),
    attribute('nhsAreaOfWork', ...names(role.areasOfWork)),
    attribute('nhsAreaOfWorkCodes', ...codes(role.areasOfWork)),
    attribute('nhsWorkGroups', ...names(role.workgroups)),
    attribute('nhsWorkGroupsCodes', ...codes(role.workgroups)),
    attribute('nhsBusinessFunctions', ...names(role.activities)),
    attribute('nhsBusinessFunctionsCodes', ...codes(role.activities)),
    attribute('nhsJobRole', role.roleName),
    attribute('uniqueIdentifier', role.roleId),
    attribute('nhsJobRoleCode', role.roleCode),
  ].join('');

const attributesOf = ({ person, roleId, training }: AssertionPlan): string =>
  [
    attribute('ssbAssertionVersion', '1.1'),
    attribute('cn', person.displayName),
    attribute('uid', person.uid),
    attribute('nhsOcsPrCode', person.professionalIds.gmp),
    attribute('ssbSessionRoleUid', roleId ?? undefined),
    attribute('ssbMode', training ? '1' : '0'),
    ...person.roles.map(roleBlock),
  ].join('');

const subject = (uid: string, data: string): string =>
  [
    '<saml:Subject>',
    `<saml:NameIdentifier NameQualifier="o=nhs">uid=${escapeXml(uid)},ou=People,o=nhs</saml:NameIdentifier>`,
    '<saml:SubjectConfirmation>',
    `<saml:ConfirmationMethod>${confirmation}</saml:ConfirmationMethod>`,
    `<saml:SubjectConfirmationData>${data}</saml:SubjectConfirmationData>`,
    '</saml:SubjectConfirmation></saml:Subject>',
  ].join('');

const newId = (): string => `a${randomBytes(20).toString('hex')}`;

function opening({ issuer, at }: AssertionPlan, declare: string): string {
  const conditions = `<saml:Conditions NotBefore="${instant(at - validity.before)}" NotOnOrAfter="${instant(at + validity.after)}"/>`;
  return `<saml:Assertion${declare} MajorVersion="1" MinorVersion="1" AssertionID="${newId()}" Issuer="${escapeXml(issuer)}" IssueInstant="${instant(at)}">${conditions}`;
}

/** Writes the inner assertion, with the sign-in and the ticket. */
const authentication = (plan: AssertionPlan): string =>
  [
    opening(plan, ''),
    `<saml:AuthenticationStatement AuthenticationInstant="${instant(plan.authenticatedAt)}" AuthenticationMethod="${confirmation}:ExtendedLoginModule">`,
    subject(plan.person.uid, escapeXml(plan.ticket)),
    `<saml:SubjectLocality IPAddress="${escapeXml(plan.recipient)}"/>`,
    '</saml:AuthenticationStatement></saml:Assertion>',
  ].join('');

function response(recipient: string, at: number, status: string, content: string): string {
  // Both ids are "null" in published responses.
  const head = `<samlp:Response xmlns:samlp="${protocol}" ResponseID="null" InResponseTo="null" MajorVersion="1" MinorVersion="1" IssueInstant="${instant(at)}" Recipient="${escapeXml(recipient)}">`;
  return `${head}<samlp:Status>${status}</samlp:Status>${content}</samlp:Response>`;
}

/** Writes a role assertion of SAML 1.1 without a signature, with the published names in the published order. */
export const writeAssertion = (plan: AssertionPlan): string =>
  response(
    plan.recipient,
    plan.at,
    '<samlp:StatusCode Value="samlp:Success"/>',
    [
      opening(plan, ` xmlns:saml="${assertion}"`),
      '<saml:AttributeStatement>',
      subject(plan.person.uid, authentication(plan)),
      attributesOf(plan),
      '</saml:AttributeStatement></saml:Assertion>',
    ].join(''),
  );

/** Writes an error response: the session is not active, or its role is not selected yet. */
export const writeRefusal = (recipient: string, at: number, message: string): string =>
  response(
    recipient,
    at,
    `<samlp:StatusCode Value="samlp:Requester"/><samlp:StatusMessage>${escapeXml(message)}</samlp:StatusMessage>`,
    '',
  );

const algorithms = {
  canonical: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  enveloped: 'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  digest: 'http://www.w3.org/2001/04/xmlenc#sha256',
  signature: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
};

/** Signs the outer assertion of a response. The signature is its last child (SAML 1.1 section 5.4). */
export function signAssertion(xml: string, { certificate, privateKey }: LegacyKey): string {
  const place = "/*[local-name(.)='Response']/*[local-name(.)='Assertion']";
  const signed = new SignedXml({
    idAttribute: 'AssertionID',
    privateKey,
    publicCert: certificate.toString(),
    signatureAlgorithm: algorithms.signature,
    canonicalizationAlgorithm: algorithms.canonical,
  });
  signed.addReference({
    xpath: place,
    transforms: [algorithms.enveloped, algorithms.canonical],
    digestAlgorithm: algorithms.digest,
  });
  signed.computeSignature(xml, { prefix: 'ds', location: { reference: place, action: 'append' } });
  // The library unescapes line ends, which parsers may change.
  return keepLineEnds(signed.getSignedXml());
}
